/** Makes each CALL allocate one object more, to prove that the measurement notices. */

import { Dealer } from "../../src/wamp/dealer/dealer.ts";

const { call } = Dealer.prototype;
let kept: object;

Dealer.prototype.call = function (...parameters) {
  kept = { planted: kept === undefined };
  return call.apply(this, parameters);
};

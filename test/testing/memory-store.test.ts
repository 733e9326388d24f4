import { MemoryStore } from "../../src/testing/memory-store.ts";
import { storeContract } from "../wamp/host/store-contract.ts";

storeContract((use) => {
  const store = new MemoryStore();
  use(store, () => store);
});

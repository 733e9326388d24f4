/**
 * Public entry for other Workers: the service binding by which they call and publish in realms, and the method by which
 * a Worker serves the calls of a callee. Nothing here runs the router.
 */

export type { Callee, CalleeInvocation } from "../worker/callees/callee.ts";
export {
  type DeadLetterPage,
  type ServiceCallOptions,
  ServiceError,
  type ServiceResult,
  type WampService,
} from "../worker/service-api.ts";
export type { DeadLetter } from "../worker/webhooks/dead-letter.ts";

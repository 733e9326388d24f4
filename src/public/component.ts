/** Public entry: what components import, which run inside their realm. */

export { ApplicationError } from "../wamp/local/application-error.ts";
export {
  type CallDetails,
  type CallHandler,
  type CallOptions,
  type Component,
  type ComponentSession,
  type Components,
  defineComponent,
  type EventDetails,
  type EventHandler,
  type JoinDetails,
  type Registration,
  Result,
  type Subscription,
} from "../wamp/local/component.ts";

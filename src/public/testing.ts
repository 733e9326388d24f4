/** Public entry: what tests of components and configurations import. It runs in plain Node, without the Workers runtime. */

export type { SessionDetails, SessionEnd } from "../client/channel-session.ts";
export type { ChallengeAnswer, Login, OnChallenge } from "../client/login.ts";
export type { JoinOptions, RealmUnderTest } from "../testing/realm-under-test.ts";
export { startRouter } from "../testing/router/start-router.ts";
export type { RouterOptions, TestRouter } from "../testing/router/test-router.ts";
export {
  type TestClock,
  type TestRealm,
  type TestRealmOptions,
  type TestTransport,
  testRealm,
} from "../testing/test-realm.ts";
export type { TestSession } from "../testing/test-session.ts";
export type { ReceivedEvent, TestSubscription } from "../testing/test-subscription.ts";
export { ApplicationError } from "../wamp/local/application-error.ts";

/** The realms that the tests in workerd connect to: each test takes a name of its own out of a pattern. */

const ALL = { call: true, register: true, publish: true, subscribe: true };

const openRealm = (name: string, limits = {}) => ({
  name,
  limits,
  roles: [{ name: "anonymous", permissions: [{ uri: "", match: "prefix", allow: ALL }] }],
  auth: { anonymous: { type: "static" } },
});

/** A realm whose sessions may see what happens in it, and that keeps few unread bytes. */
const OBSERVED = {
  name: "observed-*",
  limits: { realm_outgoing_bytes: 400_000 },
  roles: [{ name: "anonymous", permissions: [{ uri: "", match: "prefix", allow: ALL }], console: true }],
  auth: { anonymous: { type: "static" } },
};

/** Realms with a restricted role for the bridge, known credentials, and webhooks. */
const BRIDGED = {
  name: "bridged-*",
  roles: [
    { name: "anonymous", permissions: [{ uri: "", match: "prefix", allow: ALL }] },
    {
      name: "web",
      permissions: [
        { uri: "com.", match: "prefix", allow: { call: true, publish: true } },
        { uri: "org.sold", allow: {}, grantable: true },
      ],
    },
    { name: "joe", permissions: [{ uri: "", match: "prefix", allow: { call: true, publish: true } }] },
  ],
  auth: {
    anonymous: { type: "static" },
    ticket: { type: "static", principals: { joe: { ticket: "joes-ticket", role: "joe" } } },
    jwt: { type: "static", key: "a key of thirty-two bytes, or so.", algorithms: ["HS256"], "default-role": "joe" },
  },
  webhooks: {
    github: { topic: "com.hooks.github", role: "web", github_secret: ["a newer one", "deadbeef"] },
    shop: {
      topic: "com.hooks.shop",
      role: "web",
      secret: "deadbeef",
      success_response: "thanks",
      post_body_limit: 100,
    },
    stripe: {
      topic: "com.hooks.stripe",
      role: "web",
      secret: ["deadbeef", "older"],
      signature_header: "X-Stripe-Like",
    },
    open: { topic: "com.hooks.open", role: "web", open: true },
    denied: { topic: "org.hooks.denied", role: "web", open: true, error_response: "no way" },
  },
};

/** A realm with public topics, one of them with an event history. */
const WATCHED = {
  ...openRealm("watched-*", { sessions: 5 }),
  roles: [
    { name: "anonymous", permissions: [{ uri: "", match: "prefix", allow: ALL }] },
    {
      name: "watcher",
      permissions: [
        { uri: "news.", match: "prefix", allow: { subscribe: true } },
        { uri: "sold.", match: "prefix", allow: {}, grantable: true },
        { uri: "wamp.subscription.get_events", allow: { call: true } },
      ],
    },
  ],
  store: { "event-history": [{ uri: "news.kept", match: "exact", limit: 3000 }] },
};

const HOOK = { url: "https://shop.example/hook", secret: ["s3cret", "an older one"], role: "anonymous" };

/** Realms whose events go to webhooks. */
const HOOKED = {
  ...openRealm("hooked-*", { message_bytes: 4_000_000 }),
  webhooks_out: [
    { ...HOOK, name: "orders", uri: "com.order.", match: "prefix", headers: { "X-Shop": "tea" }, retries: 3 },
    { ...HOOK, name: "once", uri: "com.once", retries: 0 },
  ],
};

/** A realm whose authenticator knows clients by their certificates. */
const CERTIFIED = {
  ...openRealm("certified-*"),
  auth: {
    anonymous: { type: "dynamic", authenticator: "com.app.authenticate" },
    ticket: { type: "static", principals: { clerk: { ticket: "clerks-ticket", role: "anonymous" } } },
  },
};

const TRIGGERED = { realm: "bridged-triggered", role: "web" };

/** Schedules, some without the permission, and queues. */
const TRIGGERS = {
  schedules: [
    { ...TRIGGERED, cron: "0 * * * *", publish: "com.tick.hourly", args: [1], kwargs: { unit: "h" } },
    { ...TRIGGERED, cron: "*/5 * * * *", publish: "com.tick.often" },
    { ...TRIGGERED, cron: "0 3 * * *", call: "com.clean", args: ["all"] },
    { ...TRIGGERED, cron: "1 1 1 1 *", publish: "org.forbidden" },
    { ...TRIGGERED, cron: "1 1 1 1 *", publish: "com.tick.mixed" },
  ],
  queues: [
    { ...TRIGGERED, queue: "orders", topic: "com.orders" },
    { ...TRIGGERED, queue: "forbidden", topic: "org.orders" },
  ],
};

/** The configuration of the Worker under test: open realms by pattern, and realms of one feature each. */
export const REALMS = {
  version: 1,
  realms: [
    openRealm("*"),
    openRealm("narrow-*", { message_bytes: 2000, sent_message_bytes: 1500, outgoing_bytes: 20_000 }),
    {
      ...openRealm("rated-*"),
      roles: [
        {
          name: "anonymous",
          permissions: [{ uri: "", match: "prefix", allow: ALL }],
          rates: { session: { messages: { per_second: 1, burst: 2 } } },
        },
      ],
    },
    { ...openRealm("guarded-*"), allowed_origins: ["https://app.example"] },
    { ...openRealm("watchable-*"), roles: [{ name: "anonymous", console: true }] },
    openRealm("crowded-*", { handshakes: 2 }),
    openRealm("hasty-*", { hello_timeout: 300, goodbye_timeout: 300 }),
    { ...openRealm("resume-*"), options: { resume: { time: 60 } } },
    { ...openRealm("resume-soon-*"), options: { resume: { time: 1, buffer: { messages: 3 } } } },
    BRIDGED,
    OBSERVED,
    WATCHED,
    HOOKED,
    CERTIFIED,
    {
      ...openRealm("callees-*"),
      options: { resume: { time: 60 } },
      callees: [{ procedure: "api.", match: "prefix", url: "https://api.example/" }],
    },
    { ...openRealm("spread-*"), relays: { weur: 2, enam: 2, apac: 1 } },
    { ...openRealm("spread-small-*", { sessions: 1 }), relays: { weur: 1, apac: 1 } },
    { ...openRealm("spread-resume-*"), options: { resume: { time: 60 } }, relays: { weur: 1, apac: 1 } },
    {
      ...openRealm("spread-login-*"),
      auth: {
        cookie: { max_age: 600 },
        ticket: { type: "static", principals: { joe: { ticket: "joes-ticket", role: "anonymous" } } },
      },
      relays: { weur: 1, apac: 1 },
    },
    {
      ...openRealm("spread-narrow-*", { outgoing_bytes: 20_000, realm_outgoing_bytes: 20_000 }),
      relays: { weur: 1, apac: 1 },
    },
    { ...openRealm("spread-long-*", { message_bytes: 15_728_640 }), relays: { weur: 1, apac: 1 } },
    {
      ...openRealm("spread-busy-*"),
      relays: { weur: 1, apac: 1 },
      store: {
        "event-history": [{ uri: "log.", match: "prefix", limit: 10_000 }],
        "call-queue": [{ uri: "chaos.queued" }],
      },
    },
    { ...OBSERVED, name: "observed-spread-*", relays: { weur: 1, apac: 1 } },
    { ...HOOKED, name: "hooked-spread-*", relays: { weur: 1, apac: 1 } },
    openRealm("measured"),
    // test/worker/metrics/metrics.test.ts counts the wakes of all these: no other test may join one.
    openRealm("measured-*"),
    {
      ...openRealm("tapped-*"),
      roles: [{ name: "anonymous", permissions: [{ uri: "", match: "prefix", allow: ALL }], console: true }],
    },
    { ...openRealm("accounted-*"), options: { accounting: "all", log_sessions: true } },
    { ...openRealm("kept-*"), store: { "event-history": [{ uri: "log.", match: "prefix", limit: 10_000 }] } },
  ],
  http: {
    bridge: { key: "bazapp", secret: "foobar", role: "web" },
    service: { role: "web" },
    events: { role: "watcher", heartbeat: 1 },
    metrics: { token: ["scrape-me", "scrape-me-of-old"] },
  },
  ...TRIGGERS,
};

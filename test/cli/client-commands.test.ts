/** `wamp-edge call`, `publish`, `subscribe`, `register` and `context`, each as a process, against one router. */

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, endOf, printed, startClient } from "./client-program.ts";
import { killServed, type Served, scratchDirectory, serve } from "./served.ts";

const ALL = { call: true, register: true, publish: true, subscribe: true };
const OWN = { uri: "com.example.", match: "prefix", allow: ALL };
const META = { uri: "wamp.registration.", match: "prefix", allow: { call: true } };
/** The secret of every principal. */
const SECRET = "correct horse";

const CONFIG = {
  version: 1,
  realms: [
    {
      name: "realm1",
      roles: [
        { name: "anonymous", permissions: [OWN, META] },
        { name: "reader", permissions: [{ uri: "com.example.", match: "prefix", allow: { subscribe: true } }] },
      ],
      auth: {
        anonymous: { type: "static", role: "anonymous" },
        ticket: { type: "static", principals: { joe: { ticket: SECRET, role: "reader" } } },
        wampcra: { type: "static", users: { carla: { secret: SECRET, role: "anonymous" } } },
      },
    },
  ],
};

let served: Served;
let scratch: string;
beforeAll(async () => {
  scratch = scratchDirectory();
  served = await serve(join(scratch, "data"), JSON.stringify(CONFIG));
});
afterAll(killServed);

type Options = Parameters<typeof startClient>[2];

/** Runs a command to its end. */
async function run(words: readonly string[], options?: Options): Promise<Ended> {
  return endOf(startClient(served, words, options));
}

/** Registers a procedure for `count` calls, does `work`, and returns how the callee has ended. */
async function withCallee(words: readonly string[], work: () => Promise<unknown>): Promise<Ended> {
  const callee = startClient(served, ["register", ...words]);
  await printed(callee, "registered");
  await work();
  return endOf(callee);
}

describe("wamp-edge call", () => {
  it("sends words as JSON values, bare strings and keyword arguments, and prints the result in lines", async () => {
    const callee = await withCallee(["com.example.echo", "--echo", "--count", "1"], async () => {
      const words = ["23", "two words", '{"a":[1,true]}', "007", "key=null", "name=joe"];
      expect(await run(["call", "com.example.echo", ...words])).toStrictEqual({
        code: 0,
        stdout: '23\ntwo words\n{"a":[1,true]}\n007\nkey=\nname=joe\n',
        stderr: "",
      });
    });
    expect(callee).toMatchObject({ code: 0, stdout: expect.stringContaining('com.example.echo 23 "two words"') });
  });

  it("takes arguments from options, a file and standard input, and prints JSON that loses no digit", async () => {
    const file = join(scratch, "value.json");
    writeFileSync(file, '{"big": 9007199254740993}');
    await withCallee(["com.example.echo", "--echo", "--count", "1"], async () => {
      const words = [`@${file}`, "-", "--args", "[1]", "--kwargs", '{"k": 2}', "--json"];
      const { code, stdout } = await run(["call", "com.example.echo", ...words], { input: "[3]" });
      expect({ code, stdout }).toStrictEqual({
        code: 0,
        stdout: '{"args":[1,{"big":9007199254740993},[3]],"kwargs":{"k":2}}\n',
      });
    });
  });

  it("names the nearest procedure, and ends with code 3, where no callee is registered", async () => {
    const callee = startClient(served, ["register", "com.example.add2", "--echo"]);
    await printed(callee, "registered");
    const { code, stderr } = await run(["call", "com.example.ad2"]);
    callee.interrupt();
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /^wamp-edge: com\.example\.ad2: wamp\.error\.no_such_procedure; .*did you mean com\.example\.add2\?\n$/,
    );
    expect((await endOf(callee)).code).toBe(0);
  });

  it("prints the ERROR of the callee as JSON with --json", async () => {
    await withCallee(["com.example.fails", "--exec", "exit 7", "--count", "1"], async () => {
      const { code, stdout } = await run(["call", "com.example.fails", "--json"]);
      expect(code).toBe(3);
      expect(JSON.parse(stdout)).toStrictEqual({
        error: "wamp.error.runtime_error",
        args: ["the command of the callee ended with code 7"],
        kwargs: {},
      });
    });
  });

  it("cancels the call after --timeout", async () => {
    const callee = startClient(served, ["register", "com.example.slow", "--exec", "sleep 60", "--count", "1"]);
    await printed(callee, "registered");
    const { code, stderr } = await run(["call", "com.example.slow", "--timeout", "200ms"]);
    expect(code).toBe(3);
    expect(stderr).toContain("com.example.slow: wamp.error.timeout");
    // The process of the command is ended, too: the callee would wait for it otherwise.
    expect((await endOf(callee)).code).toBe(0);
  });

  it("prints progressive results as lines with --progress", async () => {
    const script = join(scratch, "progress.mjs");
    writeFileSync(
      script,
      "export default (args, kwargs, { progress }) => { progress([1]); progress([2]); return 3; };",
    );
    await withCallee(["com.example.parts", "--script", script, "--count", "1"], async () => {
      expect(await run(["call", "com.example.parts", "--progress"])).toMatchObject({ code: 0, stdout: "1\n2\n3\n" });
    });
  });

  it("escapes control characters, which could steer the terminal", async () => {
    await withCallee(["com.example.echo", "--echo", "--count", "1"], async () => {
      const { stdout } = await run(["call", "com.example.echo", '"\\u001b[2J\\u009bA"']);
      expect(stdout).toBe("\\u001b[2J\\u009bA\n");
    });
  });
});

describe("wamp-edge register", () => {
  it("answers by a command that reads the call from its input", async () => {
    const command = `node -e 'const { args, kwargs, procedure } = JSON.parse(require("fs").readFileSync(0)); console.log(JSON.stringify({ sum: args[0] + kwargs.n, procedure }))'`;
    await withCallee(["com.example.sum", "--exec", command, "--count", "1"], async () => {
      const { stdout } = await run(["call", "com.example.sum", "40", "n=2"]);
      expect(JSON.parse(stdout)).toStrictEqual({ sum: 42, procedure: "com.example.sum" });
    });
  });

  it("ends with code 4 where fewer calls came than --count in --duration", async () => {
    const { code, stderr } = await run([
      "register",
      "com.example.idle",
      "--echo",
      "--count",
      "1",
      "--duration",
      "100ms",
    ]);
    expect({ code, last: stderr.split("\n").at(-2) }).toStrictEqual({
      code: 4,
      last: "wamp-edge: answered 0 of 1 calls",
    });
  });

  it("says what can answer", async () => {
    expect(await run(["register", "com.example.none"])).toMatchObject({
      code: 1,
      stderr: 'wamp-edge: register needs what answers: --exec "COMMAND", --echo or --script MODULE\n',
    });
  });
});

describe("wamp-edge publish and subscribe", () => {
  it("print each event as a line of JSON, and the publication id", async () => {
    const subscriber = startClient(served, ["subscribe", "com.example.news", "--count", "2", "--json"]);
    await printed(subscriber, "subscribed");
    const first = await run(["publish", "com.example.news", "1", "title=Hello"]);
    const second = await run(["publish", "com.example.news", "--json"]);
    const { code, stdout } = await endOf(subscriber);
    expect(code).toBe(0);
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events).toMatchObject([
      { topic: "com.example.news", publication: Number(first.stdout), args: [1], kwargs: { title: "Hello" } },
      { publication: JSON.parse(second.stdout).publication, args: [], kwargs: {} },
    ]);
  });

  it("show the retained event of topics that match", async () => {
    await run(["publish", "com.example.state.lamp", "on", "--retain"]);
    const words = ["subscribe", "com.example..lamp", "--match", "wildcard", "--retained", "--count", "1"];
    const { code, stdout } = await run(words);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d com\.example\.state\.lamp \(retained\) "on"\n$/);
  });

  it("end with code 3 where a role may not publish", async () => {
    const words = ["publish", "com.example.news", "--authid", "joe"];
    const { code, stderr } = await run(words, { env: { WAMP_SECRET: SECRET } });
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /^wamp-edge: com\.example\.news: wamp\.error\.not_authorized; .*; "wamp-edge explain publish com\.example\.news --as joe" says which rule decides\n$/,
    );
  });
});

describe("a login", () => {
  it("takes the secret from a variable or a file, by the method that is asked for", async () => {
    const file = join(scratch, "secret");
    writeFileSync(file, `${SECRET}\n`);
    const byFile = ["publish", "com.example.x", "--authid", "carla", "--authmethod", "wampcra", "--secret-file", file];
    expect(await run(byFile)).toMatchObject({ code: 0, stderr: "" });
    const byVariable = ["subscribe", "com.example.x", "--authid", "joe", "--secret-env", "JOE", "--duration", "50ms"];
    expect(await run(byVariable, { env: { JOE: SECRET } })).toMatchObject({ code: 0 });
  });

  it.each([
    [
      "a wrong secret",
      ["--authid", "joe"],
      { WAMP_SECRET: "wrong" },
      /as joe: wamp\.error\.authentication_denied.*check --authid/,
    ],
    ["no secret", ["--authid", "joe"], {}, /a login by ticket needs its ticket: set WAMP_SECRET, or give --secret-env/],
    [
      "a variable that is not set",
      ["--authid", "joe", "--secret-env", "NONE"],
      {},
      /the variable NONE has no ticket; set it/,
    ],
    [
      "a method that the realm lacks",
      ["--authid", "joe", "--authmethod", "scram"],
      { WAMP_SECRET: "x" },
      /no_matching_auth_method.*--authmethod/,
    ],
    ["an unknown realm", ["--realm", "none"], {}, /refused realm none: wamp\.error\.no_such_realm.*--realm NAME/],
    [
      "no router",
      ["--url", "ws://127.0.0.1:1"],
      {},
      /cannot connect to ws:\/\/127\.0\.0\.1:1\/ws\/realm1: nothing listens there/,
    ],
    ["another path", ["--url", "http://HOST/none"], {}, /cannot connect to ws:\/\/\S+\/none: HTTP 404.*check --url/],
    ["another scheme", ["--url", "ftp://x"], {}, /the URL ftp:\/\/x is not one of a router; write it like ws:/],
    [
      "a password in the URL",
      ["--url", "ws://a:b@127.0.0.1"],
      {},
      /the URL has a password; use --authid and --secret-env/,
    ],
  ])("with %s ends with code 1 and one line that says what to do", async (_, words, env, line) => {
    const here = words.map((word) => word.replace("HOST", served.origin.host));
    const { code, stdout, stderr } = await run(["call", "com.example.x", ...here], { env });
    expect({ code, stdout }).toStrictEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(line);
    expect(stderr.match(/\n/g)).toHaveLength(1);
  });

  it("to a server that is no router ends with one line", async () => {
    const server = createServer((socket) => socket.end("hello\r\n\r\n")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const { code, stderr } = await run(["call", "x.y", "--url", `ws://127.0.0.1:${port}`]);
    server.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^wamp-edge: cannot connect to .*\n$/);
  });
});

describe("the command line", () => {
  it.each([
    [["call", "a.b", '{"a":b}'], /the argument \{"a":b\} is broken JSON \(column 6, at "b\}"\)/],
    [["call", "a.b", "key=[1,"], /the argument key is broken JSON \(it ends too early\)/],
    [["call", "a.b", "--args", '{"a":1}'], /--args must be a list, such as/],
    [["call", "a.b", "--kwargs", "[]"], /--kwargs must be an object, such as/],
    [["call", "a.b", "@none.json"], /cannot read none\.json/],
    [["call", "a.b", "--ulr", "x"], /unknown option '--ulr' \(Did you mean --url\?\); "npx wamp-edge call --help"/],
    [["call", "a.b", "--timeout", "soon"], /--timeout must be a length of time such as 500ms, 10s, 5m or 1h, not soon/],
    [["subscribe", "a.b", "--count", "0"], /--count must be a whole number from 1, not 0/],
    [["cal", "a.b"], /unknown command 'cal' \(Did you mean call\?\)/],
    [["context", "sett"], /unknown command 'sett' \(Did you mean set\?\); "npx wamp-edge context --help"/],
  ])("%j ends with code 1 and one line that says what is wrong", async (words, line) => {
    const { code, stderr } = await run(words);
    expect(code).toBe(1);
    expect(stderr).toMatch(line);
    expect(stderr.match(/\n/g)).toHaveLength(1);
  });
});

describe("wamp-edge context", () => {
  it("names a router and a login; the secret stays where it is", async () => {
    const env = { XDG_CONFIG_HOME: join(scratch, "config"), WAMP_URL: "", JOE: SECRET };
    const place = ["--url", `http://${served.origin.host}`, "--authid", "joe", "--secret-env", "JOE"];
    expect(await run(["context", "set", "prod", ...place], { env })).toMatchObject({ code: 0 });
    const subscribe = ["subscribe", "com.example.x", "--duration", "50ms"];
    expect(await run(subscribe, { env })).toMatchObject({ code: 0, stderr: expect.stringContaining("subscribed") });
    const { stdout } = await run(["context", "list", "--json"], { env });
    expect(JSON.parse(stdout)).toStrictEqual({
      current: "prod",
      contexts: { prod: { url: `http://${served.origin.host}`, authid: "joe", secret: { env: "JOE" } } },
    });
    expect((await run(["context", "list"], { env })).stdout).toContain("variable JOE");
    expect(stdout).not.toContain(SECRET);
    // Another router must not get the secret of the context in use.
    const other = await run(["call", "com.example.x", "--url", served.socketUrl], { env });
    expect(other.stderr).toContain("no_such_procedure");
    expect(await run(["context", "remove", "prod"], { env })).toMatchObject({ code: 0 });
    expect(await run(["call", "com.example.x", "--context", "prod"], { env })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'no context prod (known: none); "wamp-edge context set prod --url URL" creates it',
      ),
    });
  });

  it("names the fault of a file that is not sound", async () => {
    const folder = scratchDirectory();
    const env = { XDG_CONFIG_HOME: folder, WAMP_URL: "" };
    await run(["context", "set", "a", "--realm", "r"], { env });
    writeFileSync(join(folder, "wamp-edge/contexts.json"), '{"contexts": {"a": {"ulr": "x"}}}');
    const { code, stderr } = await run(["call", "a.b"], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^wamp-edge: .*contexts\.json: contexts\.a\.ulr: .*\n$/);
  });
});

// The client of providers over real sockets: certificates, rebinding names, redirects, limits and endless errors.
import type { LookupAddress } from "node:dns";
import { type AddressInfo, createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ResolveAll } from "../../../../serving/adapters/provider/guarded-lookup.ts";
import type { NameSettings } from "../../../../serving/adapters/provider/provider-pool.ts";
import { createProviders } from "../../../../serving/adapters/provider/providers.ts";
import type { OpenAiFault } from "../../../../serving/contract/openai/fault.ts";
import { type ProviderRuntime, providerRuntime } from "../../../../serving/contract/provider.ts";
import type { UpstreamFault } from "../../../../serving/core/route/decide-recovery.ts";
import type { ProviderSink, Providers } from "../../../../serving/ports.ts";
import { answerWith, startUpstream, until } from "../../gateway/fixture.ts";
import { PROVIDER_KEY, type ProviderServer, startProvider } from "../../gateway/provider-server.ts";

const NAME = "provider.example.com";
const LOOPBACK: LookupAddress = { address: "127.0.0.1", family: 4 };

let server: ProviderServer;
let providers: Providers;
let logged: { fields: object; message: string }[];
const stops: (() => Promise<void>)[] = [];

beforeEach(async () => {
  logged = [];
  server = await startProvider({ name: NAME });
  stops.push(server.close);
});
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

const note = (fields: object, message: string): void => void logged.push({ fields, message });
const log = { debug: note, info: note, warn: note, error: note };

type Change = Partial<ProviderRuntime> & NameSettings;

/** The name resolves to loopback, which the settings allow, unless told otherwise. */
function open({ resolve = resolveTo(LOOPBACK), longestUseMs = 60_000, ...change }: Change = {}): void {
  const { baseUrl, authority } = server;
  const settings = { baseUrl, authority, addresses: ["127.0.0.0/8"], key: { file: "/unused" }, ...change };
  providers = createProviders({
    providers: { one: providerRuntime.parse(settings) },
    keys: { find: () => PROVIDER_KEY },
    timeouts: { connectMs: 500, idleMs: 2_000 },
    log,
    resolve,
    longestUseMs,
  });
  stops.push(providers.close);
}

const resolveTo =
  (...addresses: readonly LookupAddress[]): ResolveAll =>
  (_hostname, _options, done) =>
    done(null, [...addresses]);

type Ended = {
  readonly fault: UpstreamFault | undefined;
  readonly status: number;
  readonly refused: OpenAiFault | undefined;
  readonly text: string;
};

async function ask(body: object = { model: "chat" }): Promise<Ended> {
  const answer: { status: number; refused: OpenAiFault | undefined; text: string } = {
    status: 0,
    refused: undefined,
    text: "",
  };
  const sink: ProviderSink = {
    answered: () => {},
    start: (status) => {
      answer.status = status;
    },
    write: (chunk) => {
      answer.text += chunk.toString("utf8");
      return true;
    },
    onWritable: () => {},
    fail: (fault) => {
      answer.refused = fault;
    },
  };
  const call = {
    provider: "one",
    model: "m",
    operation: "/chat/completions",
    headers: {},
    body: Buffer.from(JSON.stringify(body)),
    requestId: "req_1",
    firstByteMs: 2_000,
  };
  const fault = await providers.send(call, sink).end;
  return { fault, ...answer };
}

describe("a provider's certificate", () => {
  it("is asked for by name, and good where the name and the authority are", async () => {
    open();
    expect(await ask()).toMatchObject({ fault: undefined, status: 200 });
    expect(server.seen[0]?.servername).toBe(NAME);
  });

  it.each([
    ["of an authority that is not trusted", async () => open({ authority: undefined })],
    [
      "of another authority than the one that is named",
      async () => {
        const other = await startProvider();
        stops.push(other.close);
        open({ authority: other.authority });
      },
    ],
    ["for another name", async () => open({ baseUrl: `https://other.example.com:${server.port}/base/v1` })],
  ])("%s is refused before anything is sent", async (_what, openAs) => {
    await openAs();
    expect((await ask()).fault).toBe("untrusted");
    expect(server.seen).toEqual([]);
    expect(logged).toEqual([
      {
        message: "the provider did not answer",
        fields: expect.objectContaining({ provider: "one", fault: "untrusted" }),
      },
    ]);
  });

  it("that is missing, as the other side speaks no TLS, sends nothing either", async () => {
    const plain = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", () => socket.destroySoon());
    });
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    stops.push(() => new Promise((resolve) => plain.close(() => resolve())));
    // A TCP server's address is an object, never a pipe's name.
    open({ baseUrl: `https://${NAME}:${(plain.address() as AddressInfo).port}/v1` });
    expect((await ask()).fault).toBe("untrusted");
  });
});

describe("a provider's name", () => {
  it.each(["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00:ec2::254"])(
    "that resolves to %s is not called where only public addresses may be",
    async (address) => {
      open({
        addresses: undefined,
        resolve: resolveTo({ address, family: address.includes(":") ? 6 : 4 }),
      });
      expect((await ask()).fault).toBe("forbidden address");
      expect(server.connections()).toBe(0);
    },
  );

  it("is judged anew at each connection: one that turns to a private address later is not followed there", async () => {
    let answers: LookupAddress[] = [LOOPBACK];
    open({ resolve: (_hostname, _options, done) => done(null, answers) });
    server.behave((_body, response) => response.setHeader("connection", "close").end("{}"));
    expect((await ask()).fault).toBeUndefined();
    answers = [{ address: "169.254.169.254", family: 4 }];
    expect((await ask()).fault).toBe("forbidden address");
    answers = [LOOPBACK];
    expect((await ask()).fault).toBeUndefined();
    expect(logged.map(({ message }) => message)).toEqual([
      "the provider did not answer",
      "the provider answers again",
    ]);
  });

  it("that moves is followed there within the time of a connection, without a request that fails", async () => {
    const moved = await startProvider({
      name: NAME,
      address: "127.0.0.2",
      port: server.port,
      tls: server.tls,
    });
    stops.push(moved.close);
    let answers: LookupAddress[] = [LOOPBACK];
    open({ resolve: (_hostname, _options, done) => done(null, answers), longestUseMs: 100 });
    for (let count = 0; count < 5; count += 1) expect((await ask()).status).toBe(200);
    expect(server.seen).toHaveLength(5);
    answers = [{ address: "127.0.0.2", family: 4 }];
    const statuses = new Set<number>();
    await until(async () => {
      statuses.add((await ask()).status);
      return moved.seen.length > 0;
    });
    expect(statuses).toEqual(new Set([200]));
  });

  it("with good and forbidden addresses together is called at the good ones only", async () => {
    open({
      resolve: resolveTo({ address: "10.255.255.1", family: 4 }, LOOPBACK, { address: "::1", family: 6 }),
    });
    expect((await ask()).fault).toBeUndefined();
    expect(server.connections()).toBe(1);
  });

  it("that does not resolve is unreachable", async () => {
    const failure = Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
    open({ resolve: (_hostname, _options, done) => done(failure, []) });
    expect((await ask()).fault).toBe("unreachable");
  });

  it("that is an address is held against the rules too, although nothing is resolved", async () => {
    const onAddress = await startProvider({ name: "127.0.0.1" });
    stops.push(onAddress.close);
    const settings = { baseUrl: onAddress.baseUrl, authority: onAddress.authority };
    open(settings);
    expect((await ask()).fault).toBeUndefined();
    const parsed = providerRuntime.parse({ ...settings, addresses: ["127.0.0.0/8"] });
    providers = createProviders({
      providers: { one: { ...parsed, addresses: ["10.0.0.0/8"] } },
      keys: { find: () => undefined },
      timeouts: { connectMs: 500, idleMs: 500 },
      log,
    });
    stops.push(providers.close);
    expect((await ask()).fault).toBe("forbidden address");
    expect(onAddress.seen).toHaveLength(1);
  });
});

describe("a provider's answer", () => {
  it("that is a redirect is not followed, inside or out", async () => {
    const target = await startProvider({ name: NAME });
    stops.push(target.close);
    open({ addresses: ["127.0.0.0/8"] });
    for (const status of [301, 302, 303, 307, 308]) {
      const location = `${target.baseUrl}/chat/completions`;
      server.behave((_body, response) => response.writeHead(status, { location }).end());
      expect((await ask()).refused?.code).toBe("provider_redirected");
    }
    expect(target.connections()).toBe(0);
  });

  it("that is an error without end is cut off", async () => {
    open();
    let isCut = false;
    server.behave((_body, response) => {
      response.writeHead(500);
      const timer = setInterval(() => response.write("x".repeat(16_384)), 1);
      response.on("close", () => {
        isCut = true;
        clearInterval(timer);
      });
    });
    expect(await ask()).toMatchObject({ fault: undefined, refused: { code: "provider_failed" } });
    await until(() => isCut);
  });

  it("that is an error whose body breaks off is still that error", async () => {
    open();
    server.behave((_body, response, socket) => {
      response.writeHead(429, { "content-length": "100", "retry-after": "3" }).write("{");
      setTimeout(() => socket.destroy(), 20);
    });
    expect((await ask()).refused).toMatchObject({ code: "provider_rate_limited", retryAfterSeconds: 3 });
  });

  it("is waited for by as many requests as the settings let, and not by one more", async () => {
    open({ concurrency: 2 });
    server.behave(answerWith(20));
    const stream = { model: "chat", stream: true };
    const ended = await Promise.all([ask(stream), ask(stream), ask(stream)]);
    expect(ended.map(({ refused }) => refused?.code)).toEqual([undefined, undefined, "overloaded"]);
    expect((await ask()).refused).toBeUndefined();
  });
});

describe("a provider without TLS and key, such as Ollama", () => {
  it("is called at the addresses that the settings name, and without a key", async () => {
    const ollama = await startUpstream();
    stops.push(ollama.close);
    const baseUrl = `http://${NAME}:${ollama.port}/v1`;
    open({ baseUrl, authority: undefined, key: undefined });
    expect(await ask()).toMatchObject({ fault: undefined, status: 200 });
    expect(ollama.seen[0]?.headers).not.toHaveProperty("authorization");
    open({ baseUrl, authority: undefined, key: undefined, addresses: ["10.0.0.0/8"] });
    expect((await ask()).fault).toBe("forbidden address");
  });
});

describe("a provider of whom the gateway knows nothing", () => {
  it("is refused without a call", async () => {
    open();
    providers = createProviders({
      providers: {},
      keys: { find: () => undefined },
      timeouts: { connectMs: 500, idleMs: 500 },
      log,
    });
    expect((await ask()).refused?.code).toBe("provider_unknown");
  });
});

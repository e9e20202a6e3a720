// The random stand-in over real gRPC: the calls that the engine makes, with what comes back.
import grpc from "@grpc/grpc-js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import providerPb, {
  type CheckResponse,
  type CreateResponse,
  type DiffResponse,
} from "@pulumi/pulumi/proto/provider_pb.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromStruct, startPlugin, toStruct } from "../../../../stacks/local/engine/plugin-server.ts";
import {
  isSecret,
  isUnknown,
  type PropertyMap,
  toSecret,
  UNKNOWN_STRING,
  unwrapSecrets,
} from "../../../../stacks/local/engine/property-values.ts";
import { randomProvider } from "../../../../stacks/local/engine/random-provider.ts";

const urnOf = (kind: string): string => {
  const module = kind.charAt(0).toLowerCase() + kind.slice(1);
  return `urn:pulumi:local::p::random:index/${module}:${kind}::x`;
};

let server: grpc.Server;
let client: InstanceType<typeof providerGrpc.ResourceProviderClient>;

beforeAll(async () => {
  const started = await startPlugin(providerGrpc.ResourceProviderService, randomProvider());
  server = started.server;
  const address = `127.0.0.1:${started.port}`;
  client = new providerGrpc.ResourceProviderClient(address, grpc.credentials.createInsecure());
});

afterAll(() => {
  client.close();
  server.forceShutdown();
});

async function check(kind: string, inputs: PropertyMap): Promise<CheckResponse> {
  const request = new providerPb.CheckRequest();
  request.setUrn(urnOf(kind));
  request.setNews(toStruct(inputs));
  return new Promise((resolve, reject) => {
    client.check(request, (error, response) => (error ? reject(error) : resolve(response)));
  });
}

async function create(kind: string, inputs: PropertyMap, preview = false): Promise<CreateResponse> {
  const request = new providerPb.CreateRequest();
  request.setUrn(urnOf(kind));
  request.setProperties((await check(kind, inputs)).getInputs());
  request.setPreview(preview);
  return new Promise((resolve, reject) => {
    client.create(request, (error, response) => (error ? reject(error) : resolve(response)));
  });
}

async function diff(kind: string, olds: PropertyMap, news: PropertyMap): Promise<DiffResponse> {
  const request = new providerPb.DiffRequest();
  request.setUrn(urnOf(kind));
  request.setOldInputs((await check(kind, olds)).getInputs());
  request.setNews((await check(kind, news)).getInputs());
  return new Promise((resolve, reject) => {
    client.diff(request, (error, response) => (error ? reject(error) : resolve(response)));
  });
}

async function outputs(kind: string, inputs: PropertyMap): Promise<PropertyMap> {
  return fromStruct((await create(kind, inputs)).getProperties());
}

describe("the random provider", () => {
  it("makes a password of the wanted classes and marks it secret", async () => {
    const made = await outputs("RandomPassword", { length: 24, special: false, minUpper: 3, upper: true });
    expect(isSecret(made.result)).toBe(true);
    const text = String(unwrapSecrets(made.result ?? null));
    expect(text).toMatch(/^[A-Za-z0-9]{24}$/);
    expect(text.replaceAll(/[^A-Z]/g, "").length).toBeGreaterThanOrEqual(3);
  });

  it("does not make the same password twice", async () => {
    const [first, second] = [
      await outputs("RandomPassword", { length: 24 }),
      await outputs("RandomPassword", { length: 24 }),
    ];
    expect(first?.result).not.toEqual(second?.result);
  });

  it("shows no value in a preview", async () => {
    const planned = fromStruct((await create("RandomPassword", { length: 8 }, true)).getProperties());
    expect(isUnknown(unwrapSecrets(planned.result ?? null) ?? undefined)).toBe(true);
    expect((await create("RandomId", { byteLength: 4 }, true)).getId()).toBe("");
  });

  it("gives one id in four notations", async () => {
    const { hex, dec, b64Url, b64Std } = await outputs("RandomId", { byteLength: 8, prefix: "p-" });
    const bytes = Buffer.from(String(hex).slice(2), "hex");
    expect(bytes).toHaveLength(8);
    expect(dec).toBe(`p-${BigInt(`0x${bytes.toString("hex")}`)}`);
    expect(b64Url).toBe(`p-${bytes.toString("base64url")}`);
    expect(b64Std).toBe(`p-${bytes.toString("base64")}`);
  });

  it("makes strings, uuids and secret bytes", async () => {
    expect((await outputs("RandomString", { length: 6, special: false })).result).toMatch(/^[A-Za-z0-9]{6}$/);
    expect((await outputs("RandomUuid", {})).result).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    const made = await outputs("RandomBytes", { length: 16 });
    expect(isSecret(made.hex) && isSecret(made.base64)).toBe(true);
    expect(Buffer.from(String(unwrapSecrets(made.hex ?? null)), "hex")).toHaveLength(16);
  });

  it("replaces a value whose keepers or settings changed, and no other", async () => {
    const old = { length: toSecret(8), keepers: { generation: "1" } };
    const same = await diff("RandomPassword", old, { length: 8, keepers: { generation: "1" } });
    expect(same.getReplacesList()).toEqual([]);
    expect(same.getChanges()).toBe(providerPb.DiffResponse.DiffChanges.DIFF_NONE);
    const next = await diff("RandomPassword", old, { length: 8, keepers: { generation: "2" } });
    expect(next.getReplacesList()).toEqual(["keepers"]);
  });

  it("names what is missing or too small", async () => {
    const failures = async (inputs: PropertyMap): Promise<string[]> =>
      (await check("RandomPassword", inputs))
        .getFailuresList()
        .map((one) => `${one.getProperty()} ${one.getReason()}`);
    expect(await failures({})).toEqual(["length is required"]);
    expect(await failures({ length: 2, minUpper: 3 })).toEqual(["length got 2, want at least 3"]);
    expect(await failures({ length: UNKNOWN_STRING })).toEqual([]);
  });

  it("refuses a type that it does not know, with those that it does", async () => {
    await expect(check("RandomPet", {})).rejects.toThrow(
      /RandomPet is not offered .* RandomPassword, RandomString/,
    );
  });
});

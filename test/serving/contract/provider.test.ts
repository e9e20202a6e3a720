// What a provider's settings may be: the base URL against the addresses, headers that would carry a key, ranges.
import { describe, expect, it } from "vitest";
import { findBaseUrlProblems, providerRuntime } from "../../../serving/contract/provider.ts";

const key = { file: "/key" };
const HTTPS = "an https URL, e.g. https://api.example.com/v1";
const PLAIN = "an https URL; `http` only without a key and with `addresses`";
const LOCAL = "a public host name, or `addresses` with what it resolves to";
const PRIVATE = "a public address, or `addresses` that hold it";

describe("a base URL", () => {
  it.each([
    ["https://api.openai.com/v1", {}],
    ["https://res.openai.azure.com/openai/v1/", { key }],
    ["https://1.1.1.1:8443", {}],
    ["https://[2606:4700::1]/v1", {}],
    ["https://10.1.2.3/v1", { addresses: ["10.1.0.0/16"], key }],
    ["https://vllm.models.svc:8443/v1", { addresses: ["10.0.0.0/8"], key }],
    ["http://ollama.example.com:11434/v1", { addresses: ["10.0.0.0/8"] }],
  ])("may be %s", (baseUrl, rest) => expect(findBaseUrlProblems({ baseUrl, ...rest })).toEqual([]));

  it.each([
    ["api.openai.com/v1", {}, [HTTPS]],
    ["ftp://api.openai.com", {}, [HTTPS]],
    ["file:///etc/passwd", {}, [HTTPS]],
    ["https://", {}, [HTTPS]],
    ["http://api.openai.com/v1", { key }, [PLAIN]],
    ["http://api.openai.com/v1", {}, [PLAIN]],
    ["http://ollama.example.com/v1", { addresses: ["10.0.0.0/8"], key }, [PLAIN]],
    ["https://user:pass@api.openai.com", {}, ["a URL without user, query and fragment"]],
    ["https://api.openai.com/v1?key=x", {}, ["a URL without user, query and fragment"]],
    ["https://api.openai.com/v1#x", {}, ["a URL without user, query and fragment"]],
    ["https://localhost/v1", {}, [LOCAL]],
    ["https://LOCALHOST./v1", {}, [LOCAL]],
    ["https://gateway", {}, [LOCAL]],
    ["https://metadata.google.internal/", {}, [LOCAL]],
    ["https://kubernetes.default.svc", {}, [LOCAL]],
    ["https://x.svc.cluster.local", {}, [LOCAL]],
    ["https://127.0.0.1", {}, [PRIVATE]],
    ["https://2130706433/", {}, [PRIVATE]],
    ["https://0x7f.1/", {}, [PRIVATE]],
    ["https://017700000001/", {}, [PRIVATE]],
    ["https://[::1]/", {}, [PRIVATE]],
    ["https://[::ffff:169.254.169.254]/", {}, [PRIVATE]],
    ["https://169.254.169.254/latest", {}, [PRIVATE]],
    ["https://169.254.169.254/latest", { addresses: ["169.0.0.0/8"] }, ["an address of `addresses`"]],
    ["https://10.2.0.1", { addresses: ["10.1.0.0/16"] }, ["an address of `addresses`"]],
  ])("may not be %s", (baseUrl, rest, wants) => {
    expect(findBaseUrlProblems({ baseUrl, ...rest })).toEqual(wants);
  });
});

describe("a provider's settings", () => {
  const baseUrl = "https://api.example.com/v1";
  const problems = (change: object) =>
    providerRuntime
      .safeParse({ baseUrl, ...change })
      .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

  it("are complete with a base URL", () => {
    expect(providerRuntime.parse({ baseUrl })).toEqual({
      api: "openai",
      baseUrl,
      headers: {},
      concurrency: 64,
    });
  });

  it.each([
    [{ headers: { authorization: "Bearer x" } }],
    [{ headers: { "api-key": "x" } }],
    [{ headers: { host: "x" } }],
    [{ headers: { "content-length": "1" } }],
    [{ headers: { "X-Upper": "x" } }],
    [{ headers: { "x-a": "a\r\nb: c" } }],
    [{ addresses: [] }],
    [{ addresses: ["10.0.0.0/7"] }],
    [{ addresses: ["0.0.0.0/0"] }],
    [{ addresses: ["2000::/3"] }],
    [{ addresses: ["169.254.169.254/32"] }],
    [{ addresses: ["10.0.0.1"] }],
    [{ authority: "not a certificate" }],
    [{ concurrency: 0 }],
    [{ api: "anthropic" }],
    [{ apiKey: "sk-1" }],
    [{ baseUrl: "http://api.example.com" }],
  ])("refuse %j", (change) => expect(problems(change)).toHaveLength(1));
});

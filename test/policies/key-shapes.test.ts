// What counts as a key by its shape or by its name.
import { describe, expect, it } from "vitest";
import { isKeyShaped, isSecretName, secretsInText } from "../../policies/key-shapes.ts";

/** Joined here, so that no scanner takes this file for a leak. */
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789";
const join = (...parts: string[]) => parts.join("");

describe("isKeyShaped", () => {
  it.each([
    join("sk-", letters),
    join("rk-", letters.slice(0, 40)),
    join("AKIA", "ABCDEFGHIJKLMNOP"),
    join("ghp_", letters.slice(0, 36)),
    join("glpat-", letters.slice(0, 20)),
    join("hf_", letters.slice(0, 34)),
    join("xoxb-", "123456789012-", letters.slice(0, 24)),
    join("AIza", letters.slice(0, 35)),
    join("-----BEGIN RSA ", "PRIVATE KEY-----"),
    join("eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0In0.", letters.slice(0, 20)),
    "redis://user:hunter22@cache:6379",
  ])("takes %s for a key", (text) => expect(isKeyShaped(`before ${text} after`)).toBe(true));

  it.each([
    "sha256:".padEnd(71, "a"),
    "registry.example.com/model@sha256:".padEnd(98, "0"),
    "https://example.com:8443/path@2",
    "postgres://user:$(PASSWORD)@db",
    "-----BEGIN CERTIFICATE-----",
    "risk-assessment-of-the-whole-platform",
    "sk-short",
  ])("takes %s for no key", (text) => expect(isKeyShaped(text)).toBe(false));
});

describe("isSecretName", () => {
  it.each([
    "PASSWORD",
    "db_password",
    "adminPassword",
    "API_KEY",
    "apiKey",
    "client-secret",
    "HF_TOKEN",
    "aws.credentials",
  ])("takes %s for a secret's name", (name) => expect(isSecretName(name)).toBe(true));

  it.each(["PASSWORD_FILE", "maxTokens", "tokens", "secretName", "keysFile", "KEY", "monkey", "tokenizer"])(
    "takes %s for no secret's name",
    (name) => expect(isSecretName(name)).toBe(false),
  );
});

describe("secretsInText", () => {
  it("finds named secrets at any depth of a JSON document", () => {
    const document = { a: [{ token: "correct horse" }], b: { password: "" }, c: { apiKey: 7 } };
    expect(secretsInText(JSON.stringify(document))).toEqual(["$.a.0.token"]);
  });

  it("says nothing about other text", () => {
    expect(secretsInText("{ not json")).toEqual([]);
    expect(secretsInText("password: correct horse")).toEqual([]);
  });
});

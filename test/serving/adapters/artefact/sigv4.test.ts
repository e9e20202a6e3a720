// Signature Version 4 against the examples that AWS publishes.
import { describe, expect, it } from "vitest";
import { signRequest } from "../../../../serving/adapters/artefact/sigv4.ts";

/** Credentials of AWS's own documentation; they open nothing. */
const s3Example = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const suite = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };

const s3 = (url: string, headers: Record<string, string> = {}) => ({
  method: "GET",
  url: new URL(url),
  headers,
  region: "us-east-1",
  service: "s3",
  now: new Date("2013-05-24T00:00:00Z"),
});

describe("requests signed for AWS", () => {
  it.each([
    [
      "GET object",
      s3("https://examplebucket.s3.amazonaws.com/test.txt", { range: "bytes=0-9" }),
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ],
    [
      "GET bucket lifecycle",
      s3("https://examplebucket.s3.amazonaws.com/?lifecycle"),
      "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ],
    [
      "list objects",
      s3("https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J"),
      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ],
  ])("match S3's example: %s", (_name, input, signature) => {
    expect(signRequest(input, s3Example).authorization).toContain(`Signature=${signature}`);
  });

  it("match get-vanilla of the test suite", () => {
    const input = {
      method: "GET",
      url: new URL("https://example.amazonaws.com/"),
      headers: {},
      region: "us-east-1",
      service: "service",
      now: new Date("2015-08-30T12:36:00Z"),
    };
    expect(signRequest(input, suite).authorization).toBe(
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request,SignedHeaders=host;x-amz-date,Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    );
  });

  it("carry and sign a session token", () => {
    const sent = signRequest(s3("https://examplebucket.s3.amazonaws.com/a"), {
      ...s3Example,
      sessionToken: "tok",
    });
    expect(sent["x-amz-security-token"]).toBe("tok");
    expect(sent.authorization).toContain("x-amz-date;x-amz-security-token,");
  });
});

// Runtime image: named by digest, from allowed registries only.
import { describe, expect, it } from "vitest";
import { imageSettings, imageSource } from "../../../components/image/image.args.ts";
import { planImage } from "../../../components/image/image.plan.ts";
import { RuntimeImage } from "../../../components/image/image.ts";

const digest = `sha256:${"0a".repeat(32)}`;

describe("planImage", () => {
  it("names the image by its digest", () => {
    const settings = imageSettings.parse({ repository: "rampa.local/serving", digest });
    expect(planImage(settings)).toEqual({
      repository: "rampa.local/serving",
      digest,
      reference: `rampa.local/serving@${digest}`,
      sbomDigest: "",
    });
  });
});

describe("RuntimeImage", () => {
  it.each([
    [{ digest: "latest" }, 'digest: got "latest", want `sha256:` and 64 lower-case hexadecimal digits'],
    [{ digest: digest.toUpperCase() }, "want `sha256:` and 64 lower-case hexadecimal digits"],
    [{ repository: "rampa.local/serving:1.0" }, "want a repository with its registry and without a tag"],
    [{ repository: "other.example.com/serving" }, "want a repository in one of `allowedRegistries`"],
    [{ repository: "rampa.local.evil.example/serving" }, "want a repository in one of `allowedRegistries`"],
  ])("refuses %j", (change, message) => {
    const args = { repository: "rampa.local/serving", digest, ...change };
    expect(() => new RuntimeImage("image", args)).toThrow(message);
  });
});

describe("an image of a stack file", () => {
  const allowedRegistries = ["registry.example.com"];

  it("may lack the digest that a push will give it, but not an allowed registry", () => {
    const image = { repository: "registry.example.com/ml/rampa", allowedRegistries };
    expect(imageSource.parse(image)).toEqual(image);
    expect(imageSource.safeParse({ ...image, repository: "other.example.com/rampa" }).success).toBe(false);
    expect(imageSettings.safeParse(image).success).toBe(false);
  });
});

// What moves between environments is told by content, and every difference is named.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { weightsIdentity } from "../../components/serving/weights-identity.ts";
import { findDrift, releaseOf } from "../../stacks/release.ts";
import { loadStackFile } from "../../stacks/settings.ts";

const prod = await loadStackFile(join(import.meta.dirname, "../../stacks/Pulumi.prod.yaml"));
const stable = prod.endpoints.chat?.versions["1.0.0"];
const sha256 = stable === undefined ? "" : weightsIdentity(stable);
const assistant = prod.endpoints.assistant?.versions["1.0.0"];
const onVllm =
  assistant?.engine === "vllm" && assistant.model.from === "hf"
    ? `hf:${assistant.model.repository}@${assistant.model.revision} on ${assistant.image.split("@")[1]}`
    : "";
const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;
const release = releaseOf(prod, digest("a"));

describe("releaseOf", () => {
  it("names the image by digest and each version by its weights and its engine's image, wherever that lies", () => {
    expect(release).toEqual({
      imageDigest: digest("a"),
      endpoints: { assistant: { "1.0.0": onVllm }, chat: { "1.0.0": sha256, "1.1.0": sha256 } },
    });
  });
});

describe("findDrift", () => {
  it("finds none where the same content runs, whatever else runs there", () => {
    const chat = { ...release.endpoints.chat, "2.0.0": "f00" };
    const source = { ...release, endpoints: { ...release.endpoints, chat, search: { "1.0.0": "ba4" } } };
    expect(findDrift(release, source, "staging")).toEqual([]);
  });

  it("names the image, unknown versions and other weights, all at once", () => {
    const assistant = { "1.0.0": onVllm.replace(/sha256:.*/, digest("c")) };
    const source = { imageDigest: digest("b"), endpoints: { assistant, chat: { "1.0.0": "f00" } } };
    expect(findDrift(release, source, "staging")).toEqual([
      {
        path: "rampa:image.digest",
        got: digest("a"),
        want: `${digest("b")}, which runs in staging`,
      },
      {
        path: "rampa:endpoints.chat.versions.1.0.0",
        got: sha256,
        want: "f00, which runs in staging",
      },
      {
        path: "rampa:endpoints.chat.versions.1.1.0",
        got: "a version that has not run there",
        want: "a version that runs in staging",
      },
      {
        path: "rampa:endpoints.assistant.versions.1.0.0",
        got: onVllm,
        want: `${assistant["1.0.0"]}, which runs in staging`,
      },
    ]);
  });
});

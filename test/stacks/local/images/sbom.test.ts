// The bill of materials: complete, sorted, and the same document for the same components.
import { describe, expect, it } from "vitest";
import { packageFolder } from "../../../../stacks/local/images/npm-packages.ts";
import { debianComponent, encodeSbom, npmComponent } from "../../../../stacks/local/images/sbom.ts";

const subject = { name: "rampa-runtime", version: "0.1.0", facts: { bundle: "sha256:00" } };
const zod = npmComponent("zod", "4.6.7", "MIT");
const jinja = npmComponent("@huggingface/jinja", "0.5.11");
const standard = debianComponent("libstdc++6", "12.2.0-14+deb12u1", "amd64");

describe("encodeSbom", () => {
  it("is one CycloneDX 1.6 document whatever order the components come in, each once", () => {
    const text = encodeSbom(subject, [zod, jinja, standard, zod]);
    expect(text).toBe(encodeSbom(subject, [standard, jinja, zod]));
    const document = JSON.parse(text);
    expect(document).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 });
    expect(document.components.map(({ purl }: { purl: string }) => purl)).toEqual([
      "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=amd64",
      "pkg:npm/%40huggingface/jinja@0.5.11",
      "pkg:npm/zod@4.6.7",
    ]);
    expect(document.metadata.component.properties).toEqual([{ name: "rampa:bundle", value: "sha256:00" }]);
    expect(document.components[2].licenses).toEqual([{ expression: "MIT" }]);
  });

  it("carries no time, and a serial number that changes with the content", () => {
    const before = JSON.parse(encodeSbom(subject, [zod]));
    const after = JSON.parse(encodeSbom(subject, [zod, jinja]));
    expect(before.metadata.timestamp).toBeUndefined();
    expect(before.serialNumber).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(after.serialNumber).not.toBe(before.serialNumber);
  });
});

describe("packageFolder", () => {
  it.each([
    ["node_modules/zod/v4/core.js", "node_modules/zod"],
    ["node_modules/@huggingface/jinja/dist/index.js", "node_modules/@huggingface/jinja"],
    ["node_modules/a/node_modules/@b/c/x.js", "node_modules/a/node_modules/@b/c"],
  ])("finds the package that owns %s", (module, folder) => {
    expect(packageFolder(module)).toBe(folder);
  });

  it("knows no package for the project's own modules", () => {
    expect(packageFolder("serving/main.ts")).toBeUndefined();
  });
});

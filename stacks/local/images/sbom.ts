// The image's bill of materials as CycloneDX 1.6 JSON: pure, and the same bytes for the same components.
import { createHash } from "node:crypto";
import { canonicalJson } from "./oci-documents.ts";

export type SbomComponent = {
  readonly type: "application" | "library" | "operating-system";
  readonly name: string;
  readonly version: string;
  /** Package URL; also the key by which components are sorted and counted once. */
  readonly purl: string;
  /** SPDX expression, where the package declares one. */
  readonly license?: string;
  readonly sha256?: string;
};

export type SbomSubject = {
  readonly name: string;
  readonly version: string;
  readonly facts: Readonly<Record<string, string>>;
};

/** No timestamp and a serial number derived from the content: a rebuild of the same image changes nothing. */
export function encodeSbom(subject: SbomSubject, components: readonly SbomComponent[]): string {
  const sorted = sortComponents(components);
  const root = `pkg:generic/${subject.name}@${subject.version}`;
  const properties = Object.entries(subject.facts).map(([name, value]) => ({ name: `rampa:${name}`, value }));
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        "bom-ref": root,
        type: "container",
        name: subject.name,
        version: subject.version,
        ...(properties.length > 0 && { properties }),
      },
    },
    components: sorted.map(toCycloneDx),
    dependencies: [{ ref: root, dependsOn: sorted.map(({ purl }) => purl) }],
  };
  return canonicalJson({ ...document, serialNumber: serialOf(canonicalJson(document)) });
}

export function npmComponent(name: string, version: string, license?: string): SbomComponent {
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  return { type: "library", name, version, purl, ...(license === undefined ? {} : { license }) };
}

/** A program or library of no package ecosystem, by the name and version its makers give it. */
export function genericComponent(name: string, version: string, license: string): SbomComponent {
  return { type: "application", name, version, purl: `pkg:generic/${name}@${version}`, license };
}

/** A wheel as a whole, by the checksum that was verified. */
export function pypiComponent(name: string, version: string, sha256: string): SbomComponent {
  return { type: "library", name, version, purl: `pkg:pypi/${name}@${version}`, sha256 };
}

/** A Debian package; the version is percent-encoded as the package URL specification asks (`+`, `~`, `:`). */
export function debianComponent(name: string, version: string, architecture: string): SbomComponent {
  const [safeName, safeVersion] = [encodeURIComponent(name), encodeURIComponent(version)];
  const purl = `pkg:deb/debian/${safeName}@${safeVersion}?arch=${architecture}`;
  return { type: "library", name, version, purl };
}

function sortComponents(components: readonly SbomComponent[]): SbomComponent[] {
  const byPurl = new Map(components.map((component) => [component.purl, component]));
  return [...byPurl.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1));
}

function toCycloneDx(component: SbomComponent): Record<string, unknown> {
  const { type, name, version, purl, license, sha256 } = component;
  return {
    "bom-ref": purl,
    type,
    name,
    version,
    purl,
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
    ...(sha256 === undefined ? {} : { hashes: [{ alg: "SHA-256", content: sha256 }] }),
  };
}

/** RFC 9562 version 8 UUID over the document. */
function serialOf(text: string): string {
  const bytes = createHash("sha256").update(text).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  const parts = [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ] as const;
  return `urn:uuid:${parts.map(([from, to]) => hex.slice(from, to)).join("-")}`;
}

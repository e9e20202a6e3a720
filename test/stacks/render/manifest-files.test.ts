// Rendered files: one object a file under a path that says what it is, and no secret in any.
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import {
  type PlannedObject,
  SECRET_STAND_IN,
  toManifestFiles,
} from "../../../stacks/render/manifest-files.ts";

const object = (
  type: string,
  props: PlannedObject["props"],
  secretPaths: readonly string[] = [],
): PlannedObject => ({
  type,
  urn: `urn:pulumi:dev::rampa::${type}::it`,
  props,
  secretPaths,
});

const service = object("kubernetes:core/v1:Service", {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "gateway", namespace: "apps" },
  spec: { ports: [{ port: 8080 }] },
});

describe("toManifestFiles", () => {
  it("puts an object under its namespace, and one without a namespace under `cluster`", () => {
    const namespace = object("kubernetes:core/v1:Namespace", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "apps" },
    });
    expect(toManifestFiles([service, namespace]).map(({ path }) => path)).toEqual([
      "apps/service-gateway.yaml",
      "cluster/namespace-apps.yaml",
    ]);
  });

  it("writes the object as it would be sent", () => {
    expect(parse(toManifestFiles([service])[0]?.text ?? "")).toEqual(service.props);
  });

  it("names the group of kinds that are not Kubernetes' own, so that namesakes stay apart", () => {
    const kind = "Service";
    const knative = object("kubernetes:serving.knative.dev/v1:Service", { ...service.props, kind });
    expect(toManifestFiles([knative, service]).map(({ path }) => path)).toEqual([
      "apps/service-gateway.yaml",
      "apps/service.serving.knative.dev-gateway.yaml",
    ]);
  });

  it("keeps the shape of what is secret and none of its values, dots in keys included", () => {
    const secret = object(
      "kubernetes:core/v1:Secret",
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "keys", namespace: "apps" },
        stringData: { "keys.json": "swordfish", plain: "seen" },
        data: { one: "swordfish", two: "swordfish" },
        list: [{ token: "swordfish" }],
      },
      ["stringData.keys.json", "data", "list.0.token"],
    );
    const text = toManifestFiles([secret])[0]?.text ?? "";
    expect(text).not.toContain("swordfish");
    expect(parse(text)).toMatchObject({
      stringData: { "keys.json": SECRET_STAND_IN, plain: "seen" },
      data: { one: SECRET_STAND_IN, two: SECRET_STAND_IN },
      list: [{ token: SECRET_STAND_IN }],
    });
  });

  it("names a chart with its version and values instead of what Helm would make of it", () => {
    const release = object("kubernetes:helm.sh/v3:Release", {
      name: "keda",
      chart: "keda",
      version: "2.17.0",
      values: { replicas: 2 },
    });
    const [file] = toManifestFiles([release]);
    expect(file?.path).toBe("charts/keda.yaml");
    expect(parse(file?.text ?? "")).toEqual(release.props);
  });

  it("leaves out what is not Kubernetes'", () => {
    expect(toManifestFiles([object("aws:s3/bucket:Bucket", { bucket: "b" })])).toEqual([]);
  });

  it("refuses two objects of one path and an object without a name", () => {
    expect(() => toManifestFiles([service, service])).toThrow("apps/service-gateway.yaml");
    const nameless = object("kubernetes:core/v1:Service", { kind: "Service", metadata: {} });
    expect(() => toManifestFiles([nameless])).toThrow(
      "urn:pulumi:dev::rampa::kubernetes:core/v1:Service::it has no kind",
    );
  });
});

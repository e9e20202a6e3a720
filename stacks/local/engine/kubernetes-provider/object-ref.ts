// How one Kubernetes object is named: by its kind and place, in Pulumi's ids, and in the API's paths.

import { isMap, type PropertyMap, stringAt } from "../property-values.ts";
import { typeOfUrn } from "../provider-messages.ts";

export type ObjectRef = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
};

export type Kind = { readonly apiVersion: string; readonly kind: string };

/** `kubernetes:apps/v1:Deployment` → apps/v1, Deployment; the core group is written `core/v1`. */
export function kindOfUrn(urn: string): Kind {
  const [, group = "", kind = ""] = typeOfUrn(urn).split(":");
  return { apiVersion: group.startsWith("core/") ? group.slice("core/".length) : group, kind };
}

export function kindOf(object: PropertyMap, urn: string): Kind {
  const named = kindOfUrn(urn);
  return {
    apiVersion: stringAt(object, ["apiVersion"]) ?? named.apiVersion,
    kind: stringAt(object, ["kind"]) ?? named.kind,
  };
}

export function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
}

/** Pulumi's id of the object, as the official provider writes it. */
export function toId(namespace: string | undefined, name: string): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

export function fromId(id: string): { namespace: string | undefined; name: string } {
  const slash = id.indexOf("/");
  if (slash < 0) return { namespace: undefined, name: id };
  return { namespace: id.slice(0, slash), name: id.slice(slash + 1) };
}

export function refOf(object: PropertyMap, urn: string): ObjectRef {
  const metadata = isMap(object.metadata) ? object.metadata : {};
  return {
    ...kindOf(object, urn),
    namespace: stringAt(metadata, ["namespace"]),
    name: stringAt(metadata, ["name"]) ?? "",
  };
}

export function describeRef(ref: ObjectRef): string {
  return `${ref.kind} ${toId(ref.namespace, ref.name)}`;
}

/** Types that stand for something other than one object. */
export function refusalOf(urn: string): string | undefined {
  const type = typeOfUrn(urn);
  const { kind } = kindOfUrn(urn);
  if (kind.endsWith("Patch")) {
    return `${type}: objects owned by others cannot be patched by the built-in provider; own the whole object, or install the official provider plugin`;
  }
  if (kind.endsWith("List")) return `${type}: a list is not an object; declare its items one by one`;
  if (/^kubernetes:(helm|kustomize|yaml)/.test(type)) {
    return `${type}: charts and YAML are not offered by the built-in provider; declare the objects, or install the official provider plugin`;
  }
  return undefined;
}

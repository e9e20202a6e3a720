// Which fields of which kinds cannot change in place, so that a change makes a new object.
import { isWithin } from "../changed-paths.ts";
import { groupOf, type Kind } from "./object-ref.ts";

export type MutableFlags = {
  /** Change the data of ConfigMaps in place; otherwise a change replaces, as with the official provider. */
  readonly configMap: boolean;
  readonly secret: boolean;
};

/** Path prefixes; `except` below a prefix stays changeable. */
export type ReplaceRule = { readonly path: string; readonly except?: readonly string[] };

const IDENTITY: readonly ReplaceRule[] = [
  { path: "kind" },
  { path: "metadata.name" },
  { path: "metadata.namespace" },
];

const SELECTOR: readonly ReplaceRule[] = [{ path: "spec.selector" }];

const RULES: Readonly<Record<string, readonly ReplaceRule[]>> = {
  "apps/Deployment": SELECTOR,
  "apps/DaemonSet": SELECTOR,
  "apps/ReplicaSet": SELECTOR,
  "apps/StatefulSet": [
    ...SELECTOR,
    { path: "spec.serviceName" },
    { path: "spec.podManagementPolicy" },
    { path: "spec.volumeClaimTemplates" },
  ],
  "batch/Job": [
    ...SELECTOR,
    { path: "spec.template" },
    { path: "spec.completions" },
    { path: "spec.completionMode" },
  ],
  "/PersistentVolumeClaim": [{ path: "spec", except: ["spec.resources", "spec.volumeAttributesClassName"] }],
  "/PersistentVolume": [
    {
      path: "spec",
      except: [
        "spec.capacity",
        "spec.accessModes",
        "spec.persistentVolumeReclaimPolicy",
        "spec.mountOptions",
        "spec.claimRef",
        "spec.storageClassName",
        "spec.volumeAttributesClassName",
      ],
    },
  ],
  "/Pod": [
    {
      path: "spec",
      except: ["spec.activeDeadlineSeconds", "spec.tolerations", "spec.containers", "spec.initContainers"],
    },
  ],
  "/Service": [{ path: "spec.clusterIP" }, { path: "spec.clusterIPs" }],
  "/ResourceQuota": [{ path: "spec.scopes" }],
  "rbac.authorization.k8s.io/RoleBinding": [{ path: "roleRef" }],
  "rbac.authorization.k8s.io/ClusterRoleBinding": [{ path: "roleRef" }],
  "storage.k8s.io/StorageClass": [
    { path: "provisioner" },
    { path: "parameters" },
    { path: "reclaimPolicy" },
    { path: "volumeBindingMode" },
  ],
  "scheduling.k8s.io/PriorityClass": [
    { path: "value" },
    { path: "preemptionPolicy" },
    { path: "globalDefault" },
  ],
  "node.k8s.io/RuntimeClass": [{ path: "handler" }],
  "networking.k8s.io/IngressClass": [{ path: "spec.controller" }],
  "apiextensions.k8s.io/CustomResourceDefinition": [
    { path: "spec.group" },
    { path: "spec.scope" },
    { path: "spec.names.kind" },
    { path: "spec.names.plural" },
  ],
};

/** In a Pod's container only the image may change. */
const CONTAINER_FIELD = /^spec\.(?:containers|initContainers)\[\d+\]\.(?!image$)/;
const CONTAINER_LIST = /^spec\.(?:containers|initContainers)(?:\[\d+\])?$/;

/** Whether a change at `path` of an object of this kind needs a new object. */
export function needsReplacement(kind: Kind, path: string, mutable: MutableFlags): boolean {
  const name = `${groupOf(kind.apiVersion)}/${kind.kind}`;
  const rules = [...IDENTITY, ...(RULES[name] ?? []), ...dataRules(name, mutable)];
  if (rules.some((rule) => covers(rule, path))) return true;
  return name === "/Pod" && (CONTAINER_FIELD.test(path) || CONTAINER_LIST.test(path));
}

function dataRules(name: string, mutable: MutableFlags): readonly ReplaceRule[] {
  if (name === "/ConfigMap" && !mutable.configMap) return [{ path: "data" }, { path: "binaryData" }];
  if (name !== "/Secret") return [];
  const type = [{ path: "type" }];
  return mutable.secret ? type : [...type, { path: "data" }, { path: "stringData" }];
}

function covers(rule: ReplaceRule, path: string): boolean {
  return isWithin(rule.path, path) && !(rule.except ?? []).some((exception) => isWithin(exception, path));
}

// Rule pod-restricted: pods meet the restricted Pod Security Standard, and namespaces enforce it.
import { containersOf, hiddenContainers, POD_TYPES, podOf } from "../../kubernetes/pods.ts";
import {
  type Finding,
  type Rule,
  type RuleContext,
  type Subject,
  unknownAmong,
  violation,
} from "../../rule.ts";
import type { Value } from "../../value.ts";

const ENFORCE = "pod-security.kubernetes.io/enforce";
const VOLUMES = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);
const SYSCTLS = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
]);

export const podRestricted: Rule = {
  name: "pod-restricted",
  title: "Pods meet the restricted Pod Security Standard and their namespaces enforce it.",
  severity: "high",
  framework: {
    name: "Kubernetes Pod Security Standards",
    version: "1.34",
    reference: "restricted",
    specification: "Heavily restricted policy, following current Pod hardening best practices.",
  },
  tags: ["pods", "security"],
  why: "A process that may become root, keep capabilities or see the host turns one flaw of a model server into one of the whole node.",
  fix: "Set runAsNonRoot, seccompProfile RuntimeDefault, allowPrivilegeEscalation false and drop ALL; no host namespaces, ports or paths; label namespaces `pod-security.kubernetes.io/enforce: restricted`.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  settings: {
    unrestrictedNamespaces: {
      type: "array",
      items: { type: "string" },
      description:
        "Names of namespaces that need not enforce `restricted`, e.g. for node agents; none when left out.",
    },
  },
  types: new RegExp(`${POD_TYPES.source}|^kubernetes:(core/)?v1:Namespace$`),
  check: (subject, context) =>
    POD_TYPES.test(subject.type) ? checkPod(subject) : checkNamespace(subject, context),
};

function checkNamespace({ props }: Subject, { config }: RuleContext): readonly Finding[] {
  const listed = config
    .at("unrestrictedNamespaces")
    .items()
    .map((entry) => entry.text());
  if (listed.includes(props.at("metadata", "name").text())) return [];
  const label = props.at("metadata", "labels", ENFORCE);
  if (label.state === "unknown") return unknownAmong([label]);
  return label.text() === "restricted"
    ? []
    : [violation(label, "the namespace does not enforce `restricted`")];
}

function checkPod(subject: Subject): readonly Finding[] {
  const pod = podOf(subject);
  const security = pod.spec.at("securityContext");
  return [
    ...unknownAmong(hiddenContainers(pod)),
    ...checkHost(pod.spec),
    ...checkVolumes(pod.spec.at("volumes")),
    ...checkSysctls(security.at("sysctls")),
    ...containersOf(pod).flatMap((container) => checkContainer(container, security)),
  ];
}

function checkHost(spec: Value): readonly Finding[] {
  return ["hostNetwork", "hostPID", "hostIPC"].flatMap((key) =>
    forbid(spec.at(key), (value) => value.flag() !== true, "shares a namespace with the node"),
  );
}

function checkVolumes(volumes: Value): readonly Finding[] {
  const kinds = volumes.items().flatMap((volume) => volume.entries().filter(([key]) => key !== "name"));
  const banned = kinds.filter(([kind, value]) => !VOLUMES.has(kind) && value.state !== "absent");
  return [
    ...unknownAmong([volumes, ...volumes.items()]),
    ...banned.map(([, value]) => violation(value, "a kind of volume that `restricted` forbids")),
  ];
}

function checkSysctls(sysctls: Value): readonly Finding[] {
  const names = sysctls.items().map((sysctl) => sysctl.at("name"));
  const unsafe = names.filter((name) => name.state === "known" && !SYSCTLS.has(name.text() ?? ""));
  return [
    ...unknownAmong([sysctls, ...names]),
    ...unsafe.map((name) => violation(name, "not a safe sysctl")),
  ];
}

function checkContainer(container: Value, pod: Value): readonly Finding[] {
  const own = container.at("securityContext");
  if (own.state === "unknown") return unknownAmong([own]);
  return [
    ...checkIdentity(own, pod),
    ...forbid(own.at("privileged"), (value) => value.flag() !== true, "the container is privileged"),
    ...require(own.at("allowPrivilegeEscalation"), (value) => value.flag() === false, "not false"),
    ...checkCapabilities(own.at("capabilities")),
    ...require(effective(own, pod, ["seccompProfile", "type"]), isSeccomp, "not RuntimeDefault or Localhost"),
    ...forbid(own.at("procMount"), (value) => value.text() === "Default", "not the default /proc mount"),
    ...container
      .at("ports")
      .items()
      .flatMap((port) =>
        forbid(port.at("hostPort"), (value) => value.number() === 0, "opens a port of the node"),
      ),
  ];
}

function checkIdentity(own: Value, pod: Value): readonly Finding[] {
  return [
    ...require(effective(own, pod, ["runAsNonRoot"]), (value) => value.flag() === true, "not true"),
    ...forbid(effective(own, pod, ["runAsUser"]), (value) => value.number() !== 0, "runs as root"),
  ];
}

function checkCapabilities(capabilities: Value): readonly Finding[] {
  const drop = capabilities.at("drop");
  const added = capabilities.at("add").items();
  const allowed = (value: Value): boolean => value.state !== "known" || value.text() === "NET_BIND_SERVICE";
  return [
    ...require(drop, (list) => list.items().some((item) => item.text() === "ALL"), "does not drop ALL"),
    ...unknownAmong([capabilities.at("add"), ...added]),
    ...added
      .filter((value) => !allowed(value))
      .map((value) => violation(value, "adds a capability other than NET_BIND_SERVICE")),
  ];
}

function isSeccomp(value: Value): boolean {
  return value.text() === "RuntimeDefault" || value.text() === "Localhost";
}

/** The container's own value, or the pod's where the container has none. */
function effective(own: Value, pod: Value, path: readonly string[]): Value {
  const value = own.at(...path);
  return value.state === "absent" ? pod.at(...path) : value;
}

function require(value: Value, isRight: (value: Value) => boolean, message: string): readonly Finding[] {
  if (value.state === "unknown") return unknownAmong([value]);
  return isRight(value) ? [] : [violation(value, message)];
}

function forbid(value: Value, isRight: (value: Value) => boolean, message: string): readonly Finding[] {
  return value.state === "absent" ? [] : require(value, isRight, message);
}

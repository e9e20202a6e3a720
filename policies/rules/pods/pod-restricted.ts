// Rule pod-restricted: pods meet the restricted Pod Security Standard, and namespaces enforce it.
import { anyType } from "../../any-type.ts";
import { containersOf, hiddenContainers, POD_TYPES, podOf } from "../../kubernetes/pods.ts";
import { mustBe } from "../../must-be.ts";
import {
  type Finding,
  type Rule,
  type RuleContext,
  type Subject,
  unknownAmong,
  violation,
} from "../../rule.ts";
import type { Value } from "../../value.ts";

const NAMESPACES = /^kubernetes:(core\/)?v1:Namespace$/;
const ENFORCE = "pod-security.kubernetes.io/enforce";
const VOLUMES = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
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
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_wmem",
]);
const SELINUX_TYPES = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];
const APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/";

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
        "Names of namespaces that need not enforce `restricted`; `gpu-metrics`, whose exporter reads the GPUs of its node, when left out.",
    },
  },
  types: anyType(POD_TYPES, NAMESPACES),
  check: (subject, context) =>
    POD_TYPES.test(subject.type) ? checkPod(subject) : checkNamespace(subject, context),
};

/** Namespaces of pods that need their node. */
const NODE_AGENTS: readonly (string | undefined)[] = ["gpu-metrics"];

function checkNamespace({ props }: Subject, { config }: RuleContext): readonly Finding[] {
  const setting = config.at("unrestrictedNamespaces");
  const listed = setting.state === "absent" ? NODE_AGENTS : setting.items().map((entry) => entry.text());
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
    ...checkAppArmorAnnotations(pod.metadata.at("annotations")),
    ...checkConfinement(security),
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

/** How the profile of a container was named before Kubernetes 1.30; still obeyed. */
function checkAppArmorAnnotations(annotations: Value): readonly Finding[] {
  const isAllowed = (value: Value): boolean => /^($|runtime\/default$|localhost\/)/.test(value.text() ?? "?");
  return annotations
    .entries()
    .filter(([key]) => key.startsWith(APPARMOR_ANNOTATION))
    .flatMap(([, value]) => mustBe(value, isAllowed, "not runtime/default or localhost/"));
}

/** What holds for the security context of a pod and of a container alike. */
function checkConfinement(security: Value): readonly Finding[] {
  const seLinux = security.at("seLinuxOptions");
  const isEmpty = (value: Value): boolean => value.text() === "";
  return [
    ...forbid(security.at("appArmorProfile", "type"), isProfile, "not RuntimeDefault or Localhost"),
    ...forbid(
      seLinux.at("type"),
      (value) => SELINUX_TYPES.some((type) => type === value.text()),
      "not a type of containers",
    ),
    ...forbid(seLinux.at("user"), isEmpty, "is not to be set"),
    ...forbid(seLinux.at("role"), isEmpty, "is not to be set"),
    ...forbid(
      security.at("windowsOptions", "hostProcess"),
      (value) => value.flag() !== true,
      "a process of the node",
    ),
  ];
}

/** A probe that names a host lets the kubelet call whatever it can reach. */
function checkCalls(container: Value): readonly Finding[] {
  const probes = ["startupProbe", "readinessProbe", "livenessProbe"].map((key) => container.at(key));
  const hooks = ["postStart", "preStop"].map((key) => container.at("lifecycle", key));
  return [...probes, ...hooks].flatMap((call) =>
    ["httpGet", "tcpSocket"].flatMap((kind) =>
      forbid(call.at(kind, "host"), (value) => value.text() === "", "names a host, so not the pod itself"),
    ),
  );
}

function checkContainer(container: Value, pod: Value): readonly Finding[] {
  const own = container.at("securityContext");
  if (own.state === "unknown") return unknownAmong([own]);
  return [
    ...checkIdentity(own, pod),
    ...forbid(own.at("privileged"), (value) => value.flag() !== true, "the container is privileged"),
    ...mustBe(own.at("allowPrivilegeEscalation"), (value) => value.flag() === false, "not false"),
    ...checkCapabilities(own.at("capabilities")),
    ...checkConfinement(own),
    ...checkCalls(container),
    ...mustBe(effective(own, pod, ["seccompProfile", "type"]), isProfile, "not RuntimeDefault or Localhost"),
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
    ...mustBe(effective(own, pod, ["runAsNonRoot"]), (value) => value.flag() === true, "not true"),
    ...forbid(effective(own, pod, ["runAsUser"]), (value) => value.number() !== 0, "runs as root"),
  ];
}

function checkCapabilities(capabilities: Value): readonly Finding[] {
  const drop = capabilities.at("drop");
  const added = capabilities.at("add").items();
  const allowed = (value: Value): boolean => value.state !== "known" || value.text() === "NET_BIND_SERVICE";
  return [
    ...mustBe(drop, (list) => list.items().some((item) => item.text() === "ALL"), "does not drop ALL"),
    ...unknownAmong([capabilities.at("add"), ...added]),
    ...added
      .filter((value) => !allowed(value))
      .map((value) => violation(value, "adds a capability other than NET_BIND_SERVICE")),
  ];
}

function isProfile(value: Value): boolean {
  return value.text() === "RuntimeDefault" || value.text() === "Localhost";
}

/** The container's own value, or the pod's where the container has none. */
function effective(own: Value, pod: Value, path: readonly string[]): Value {
  const value = own.at(...path);
  return value.state === "absent" ? pod.at(...path) : value;
}

function forbid(value: Value, isRight: (value: Value) => boolean, message: string): readonly Finding[] {
  return value.state === "absent" ? [] : mustBe(value, isRight, message);
}

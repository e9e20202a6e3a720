// Cases of pod-restricted.
import {
  containerProps,
  deploymentProps,
  metadata,
  namespaceProps,
  podSpecProps,
} from "../fixtures/manifests.ts";
import { DEPLOYMENT, LATER, NAMESPACE, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const pod = "spec.template.spec";
const own = `${pod}.containers[0].securityContext`;
const deployment = (...parts: Parameters<typeof deploymentProps>) => [
  resource(DEPLOYMENT, deploymentProps(...parts)),
];
const secured = (more: object) =>
  deployment({ securityContext: { ...containerProps.securityContext, ...more } });
const podSecured = (more: object) =>
  deployment({}, { securityContext: { ...podSpecProps.securityContext, ...more } });
const annotated = (profile: string) => {
  const annotations = { "container.apparmor.security.beta.kubernetes.io/model": profile };
  const spec = { ...podSpecProps, containers: [containerProps] };
  return deployment({}, {}, { template: { metadata: { labels: { app: "model" }, annotations }, spec } });
};
const unlabelled = resource(NAMESPACE, { metadata: metadata("agents") }, { name: "agents" });
const enforce = 'metadata.labels["pod-security.kubernetes.io/enforce"]';

const VOLUMES = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
];
const SYSCTLS = [
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
];

export const cases: RuleCases = {
  rule: "pod-restricted",
  pass: [
    {
      title: "a restricted pod in a restricted namespace",
      resources: [resource(NAMESPACE, namespaceProps), ...deployment()],
    },
    {
      title: "NET_BIND_SERVICE",
      resources: secured({ capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } }),
    },
    {
      title: "a volume from a claim",
      resources: deployment({}, { volumes: [{ name: "m", persistentVolumeClaim: { claimName: "m" } }] }),
    },
    {
      title: "every kind of volume that the standard allows",
      resources: deployment(
        {},
        { volumes: [...VOLUMES.map((kind) => ({ name: kind, [kind]: {} })), { name: "a", hostPath: null }] },
      ),
    },
    {
      title: "every sysctl that the standard calls safe",
      resources: podSecured({ sysctls: SYSCTLS.map((name) => ({ name, value: "1" })) }),
    },
    {
      title: "what says in words that it shares nothing",
      resources: deployment(
        {
          ports: [{ containerPort: 8080, hostPort: 0 }],
          securityContext: {
            ...containerProps.securityContext,
            privileged: false,
            procMount: "Default",
            seccompProfile: { type: "Localhost" },
            runAsUser: 1000,
          },
        },
        { hostNetwork: false, hostPID: false, hostIPC: false },
      ),
    },
    ...["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"].map((type) => ({
      title: `the SELinux type "${type}"`,
      resources: podSecured({ seLinuxOptions: { type, user: "", role: "" } }),
    })),
    ...["RuntimeDefault", "Localhost"].map((type) => ({
      title: `the AppArmor profile ${type}`,
      resources: secured({ appArmorProfile: { type }, windowsOptions: { hostProcess: false } }),
    })),
    ...["", "runtime/default", "localhost/model"].map((profile) => ({
      title: `the AppArmor annotation "${profile}"`,
      resources: annotated(profile),
    })),
    {
      title: "probes and hooks that call the pod",
      resources: deployment({
        livenessProbe: { httpGet: { port: 8080, host: "" } },
        lifecycle: { preStop: { tcpSocket: { port: 8080 } } },
      }),
    },
    {
      title: "a listed namespace without the label",
      resources: [unlabelled],
      config: { "pod-restricted": { unrestrictedNamespaces: ["agents"] } },
    },
    {
      title: "the namespace of the GPU exporter without the label",
      resources: [{ ...unlabelled, props: { ...unlabelled.props, metadata: { name: "gpu-metrics" } } }],
    },
  ],
  fail: [
    {
      title: "no runAsNonRoot",
      resources: podSecured({ runAsNonRoot: undefined }),
      expected: [["mandatory", `${pod}.securityContext.runAsNonRoot: not true`]],
    },
    {
      title: "a container that turns it off",
      resources: secured({ runAsNonRoot: false }),
      expected: [["mandatory", `${own}.runAsNonRoot: not true`]],
    },
    {
      title: "the root user",
      resources: podSecured({ runAsUser: 0 }),
      expected: [["mandatory", `${pod}.securityContext.runAsUser: runs as root`]],
    },
    {
      title: "a privileged container",
      resources: secured({ privileged: true }),
      expected: [["mandatory", `${own}.privileged: the container is privileged`]],
    },
    {
      title: "escalation left open",
      resources: secured({ allowPrivilegeEscalation: undefined }),
      expected: [["mandatory", `${own}.allowPrivilegeEscalation: not false`]],
    },
    {
      title: "kept capabilities",
      resources: secured({ capabilities: {} }),
      expected: [["mandatory", `${own}.capabilities.drop: does not drop ALL`]],
    },
    {
      title: "an added capability",
      resources: secured({ capabilities: { drop: ["ALL"], add: ["SYS_ADMIN"] } }),
      expected: [["mandatory", `${own}.capabilities.add[0]: adds a capability other than NET_BIND_SERVICE`]],
    },
    {
      title: "no seccomp profile",
      resources: podSecured({ seccompProfile: undefined }),
      expected: [
        ["mandatory", `${pod}.securityContext.seccompProfile.type: not RuntimeDefault or Localhost`],
      ],
    },
    {
      title: "an unmasked /proc",
      resources: secured({ procMount: "Unmasked" }),
      expected: [["mandatory", `${own}.procMount: not the default /proc mount`]],
    },
    {
      title: "the node's namespaces",
      resources: deployment({}, { hostNetwork: true, hostPID: true, hostIPC: true }),
      expected: [
        ["mandatory", `${pod}.hostNetwork: shares a namespace with the node`],
        ["mandatory", `${pod}.hostPID: shares a namespace with the node`],
        ["mandatory", `${pod}.hostIPC: shares a namespace with the node`],
      ],
    },
    {
      title: "a path of the node",
      resources: deployment({}, { volumes: [{ name: "host", hostPath: { path: "/" } }] }),
      expected: [["mandatory", `${pod}.volumes[0].hostPath: a kind of volume that \`restricted\` forbids`]],
    },
    {
      title: "a port of the node",
      resources: deployment({ ports: [{ containerPort: 80, hostPort: 80 }] }),
      expected: [["mandatory", `${pod}.containers[0].ports[0].hostPort: opens a port of the node`]],
    },
    {
      title: "an unsafe sysctl",
      resources: podSecured({ sysctls: [{ name: "kernel.msgmax", value: "1" }] }),
      expected: [["mandatory", `${pod}.securityContext.sysctls[0].name: not a safe sysctl`]],
    },
    {
      title: "no AppArmor for a container or the pod",
      resources: deployment(
        { securityContext: { ...containerProps.securityContext, appArmorProfile: { type: "Unconfined" } } },
        { securityContext: { ...podSpecProps.securityContext, appArmorProfile: { type: "Unconfined" } } },
      ),
      expected: [
        ["mandatory", `${pod}.securityContext.appArmorProfile.type: not RuntimeDefault or Localhost`],
        ["mandatory", `${own}.appArmorProfile.type: not RuntimeDefault or Localhost`],
      ],
    },
    ...["unconfined", "xlocalhost/model", "runtime/defaults"].map((profile) => ({
      title: `the AppArmor annotation ${profile}`,
      resources: annotated(profile),
      expected: [
        [
          "mandatory",
          'spec.template.metadata.annotations["container.apparmor.security.beta.kubernetes.io/model"]: not runtime/default or localhost/',
        ],
      ] as const,
    })),
    {
      title: "an SELinux label of its own",
      resources: podSecured({ seLinuxOptions: { type: "spc_t", user: "system_u", role: "sysadm_r" } }),
      expected: [
        ["mandatory", `${pod}.securityContext.seLinuxOptions.type: not a type of containers`],
        ["mandatory", `${pod}.securityContext.seLinuxOptions.user: is not to be set`],
        ["mandatory", `${pod}.securityContext.seLinuxOptions.role: is not to be set`],
      ],
    },
    {
      title: "a Windows process of the node",
      resources: secured({ windowsOptions: { hostProcess: true } }),
      expected: [["mandatory", `${own}.windowsOptions.hostProcess: a process of the node`]],
    },
    ...["startupProbe", "readinessProbe", "livenessProbe"].map((probe) => ({
      title: `a ${probe} that names a host`,
      resources: deployment({ [probe]: { httpGet: { port: 80, host: "169.254.169.254" } } }),
      expected: [
        ["mandatory", `${pod}.containers[0].${probe}.httpGet.host: names a host, so not the pod itself`],
      ] as const,
    })),
    ...["postStart", "preStop"].map((hook) => ({
      title: `a ${hook} hook that names a host`,
      resources: deployment({ lifecycle: { [hook]: { tcpSocket: { port: 80, host: "10.0.0.1" } } } }),
      expected: [
        [
          "mandatory",
          `${pod}.containers[0].lifecycle.${hook}.tcpSocket.host: names a host, so not the pod itself`,
        ],
      ] as const,
    })),
    {
      title: "a namespace without the label",
      resources: [unlabelled],
      expected: [["mandatory", `${enforce}: the namespace does not enforce \`restricted\``]],
    },
  ],
  unknown: [
    {
      title: "whether it runs as root",
      resources: podSecured({ runAsNonRoot: UNKNOWN_TEXT }),
      expected: [["advisory", `${pod}.securityContext.runAsNonRoot: ${LATER}`]],
    },
    {
      title: "a container's security",
      resources: deployment({ securityContext: UNKNOWN_TEXT }),
      expected: [["advisory", `${own}: ${LATER}`]],
    },
    {
      title: "the capabilities",
      resources: secured({ capabilities: { drop: ["ALL"], add: [UNKNOWN_TEXT] } }),
      expected: [["advisory", `${own}.capabilities.add[0]: ${LATER}`]],
    },
    {
      title: "a sysctl",
      resources: podSecured({ sysctls: [{ name: UNKNOWN_TEXT }] }),
      expected: [["advisory", `${pod}.securityContext.sysctls[0].name: ${LATER}`]],
    },
    {
      title: "the user of a container",
      resources: secured({ runAsUser: UNKNOWN_TEXT }),
      expected: [["advisory", `${own}.runAsUser: ${LATER}`]],
    },
    {
      title: "the volumes",
      resources: deployment({}, { volumes: UNKNOWN_TEXT }),
      expected: [["advisory", `${pod}.volumes: ${LATER}`]],
    },
    {
      title: "a namespace's label",
      resources: [
        resource(NAMESPACE, {
          metadata: { name: "n", labels: { "pod-security.kubernetes.io/enforce": UNKNOWN_TEXT } },
        }),
      ],
      expected: [["advisory", `${enforce}: ${LATER}`]],
    },
  ],
};

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
const unlabelled = resource(NAMESPACE, { metadata: metadata("agents") }, { name: "agents" });
const enforce = 'metadata.labels["pod-security.kubernetes.io/enforce"]';

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
      title: "a listed namespace without the label",
      resources: [unlabelled],
      config: { "pod-restricted": { unrestrictedNamespaces: ["agents"] } },
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
      resources: deployment({}, { hostNetwork: true, hostPID: true }),
      expected: [
        ["mandatory", `${pod}.hostNetwork: shares a namespace with the node`],
        ["mandatory", `${pod}.hostPID: shares a namespace with the node`],
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

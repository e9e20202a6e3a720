// Cases of volumes-encrypted.
import {
  CACHE,
  CLUSTER_INSTANCE,
  cacheProps,
  clusterInstanceProps,
  DATABASE,
  DATABASE_CLUSTER,
  databaseClusterProps,
  databaseProps,
  launchTemplateProps,
  NODE_CLASS,
} from "../fixtures/aws.ts";
import { metadata } from "../fixtures/manifests.ts";
import { LATER, LAUNCH_TEMPLATE, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const EBS = "ebs.csi.aws.com";
const volume = (encrypted: unknown) => [resource("aws:ebs/volume:Volume", { size: 100, encrypted })];
const template = (blockDeviceMappings: unknown) => [
  resource(LAUNCH_TEMPLATE, { ...launchTemplateProps, blockDeviceMappings }),
];
const nodeClass = (blockDeviceMappings: unknown) => [
  resource(NODE_CLASS, { metadata: metadata("gpu"), spec: { blockDeviceMappings } }),
];
const storageClass = (provisioner: unknown, parameters?: unknown) => [
  resource("kubernetes:storage.k8s.io/v1:StorageClass", {
    metadata: metadata("fast"),
    provisioner,
    parameters,
  }),
];
const store = (type: string, props: object) => [resource(type, props)];
const databaseInstances = ["a", "b"].map((name) =>
  resource(CLUSTER_INSTANCE, clusterInstanceProps, { name }),
);
const plain = (path: string) => ["mandatory", `${path}: not encrypted at rest`] as const;

export const cases: RuleCases = {
  rule: "volumes-encrypted",
  pass: [
    { title: "a volume", resources: volume(true) },
    { title: "a launch template", resources: [resource(LAUNCH_TEMPLATE, launchTemplateProps)] },
    {
      title: "instance storage beside the root volume",
      resources: template([
        ...launchTemplateProps.blockDeviceMappings,
        { deviceName: "/dev/sdb", virtualName: "ephemeral0" },
      ]),
    },
    { title: "the devices that Karpenter maps by itself", resources: nodeClass(undefined) },
    { title: "a StorageClass of EBS", resources: storageClass(EBS, { encrypted: "true" }) },
    { title: "a StorageClass of something else", resources: storageClass("example.com/local") },
    {
      title: "a database",
      resources: store(DATABASE, databaseProps),
    },
  ],
  fail: [
    { title: "a volume", resources: volume(undefined), expected: [plain("encrypted")] },
    {
      title: "a launch template's second volume",
      resources: template([...launchTemplateProps.blockDeviceMappings, { ebs: { encrypted: "false" } }]),
      expected: [plain("blockDeviceMappings[1].ebs.encrypted")],
    },
    {
      title: "a launch template without devices",
      resources: template(undefined),
      expected: [
        ["mandatory", "blockDeviceMappings: no block device, so the image decides about the root volume"],
      ],
    },
    {
      title: "a node class",
      resources: nodeClass([{ ebs: { volumeSize: "100Gi" } }]),
      expected: [plain("spec.blockDeviceMappings[0].ebs.encrypted")],
    },
    {
      title: "a StorageClass of the add-on",
      resources: storageClass(EBS, { type: "gp3" }),
      expected: [plain("parameters.encrypted")],
    },
    {
      title: "a StorageClass of Auto Mode",
      resources: storageClass("ebs.csi.eks.amazonaws.com"),
      expected: [plain("parameters.encrypted")],
    },
    {
      title: "a StorageClass of the in-tree driver",
      resources: storageClass("kubernetes.io/aws-ebs"),
      expected: [plain("parameters.encrypted")],
    },
    {
      title: "a database",
      resources: store(DATABASE, { ...databaseProps, storageEncrypted: false }),
      expected: [plain("storageEncrypted")],
    },
    {
      title: "a cluster of databases",
      resources: [
        ...store(DATABASE_CLUSTER, { ...databaseClusterProps, storageEncrypted: undefined }),
        ...databaseInstances,
      ],
      expected: [plain("storageEncrypted")],
    },
    {
      title: "a cache",
      resources: store(CACHE, { ...cacheProps, atRestEncryptionEnabled: undefined }),
      expected: [plain("atRestEncryptionEnabled")],
    },
    {
      title: "a file system",
      resources: store("aws:efs/fileSystem:FileSystem", {}),
      expected: [plain("encrypted")],
    },
  ],
  unknown: [
    { title: "a volume", resources: volume(UNKNOWN_TEXT), expected: [["advisory", `encrypted: ${LATER}`]] },
    {
      title: "a launch template's devices",
      resources: template(UNKNOWN_TEXT),
      expected: [["advisory", `blockDeviceMappings: ${LATER}`]],
    },
    {
      title: "a StorageClass's parameters",
      resources: storageClass(EBS, UNKNOWN_TEXT),
      expected: [["advisory", `parameters.encrypted: ${LATER}`]],
    },
  ],
};

// What every store inside the cluster has: an identity, a Service, a volume, and the paths of those who may connect.
import type {
  PersistentVolumeArgs,
  PersistentVolumeClaimArgs,
  ServiceAccountArgs,
  ServiceArgs,
} from "@pulumi/kubernetes/core/v1/index.js";
import type { NetworkPolicyArgs } from "@pulumi/kubernetes/networking/v1/index.js";
import type { Input } from "@pulumi/pulumi";
import type { RandomPasswordArgs } from "@pulumi/random/randomPassword.js";
import { LABELS } from "../contract/labels.ts";
import { restrictedContainer, restrictedPod, TERMINATION_MESSAGE } from "../kit/pod.ts";
import { type ContainerResources, toResourceRequirements } from "../kit/quantities.ts";

type Labels = Readonly<Record<string, string>>;

export type StorePlace = {
  readonly name: string;
  readonly namespace: Input<string>;
  readonly labels: Labels;
};

/** 40 letters and digits: 238 bits, and safe in a statement, in a configuration file and in a URL. */
export const STORE_PASSWORD = { length: 40, special: false } satisfies RandomPasswordArgs;

function metadataOf({ name, namespace, labels }: StorePlace) {
  return { name, namespace, labels: { ...labels } };
}

/** Stores ask the API server nothing. */
export function storeAccountArgs(place: StorePlace): ServiceAccountArgs {
  return { metadata: metadataOf(place), automountServiceAccountToken: false };
}

export function storeServiceArgs(
  place: StorePlace,
  port: { readonly name: string; readonly number: number },
  selector: Labels,
): ServiceArgs {
  return {
    metadata: metadataOf(place),
    spec: {
      type: "ClusterIP",
      selector: { ...selector },
      ports: [{ name: port.name, port: port.number, targetPort: port.name, protocol: "TCP" }],
    },
  };
}

/** What every pod of a store has: security as everywhere, with the user of the image, and no token. */
export function storePod(user: number, account: Input<string>) {
  return {
    serviceAccountName: account,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: { ...restrictedPod, runAsUser: user, runAsGroup: user, fsGroup: user },
  };
}

/** …and every container of one. */
export function storeContainer(image: Input<string>, resources: ContainerResources) {
  return {
    image,
    imagePullPolicy: "IfNotPresent",
    terminationMessagePolicy: TERMINATION_MESSAGE,
    resources: toResourceRequirements(resources),
    securityContext: restrictedContainer,
  };
}

type DirectoryVolume = {
  readonly place: StorePlace;
  /** Part of the volume's name, as volumes have no namespace. */
  readonly name: Input<string>;
  readonly size: string;
  readonly path: string;
};

/** A directory of the node, reserved for one claim; it stays when the volume is deleted. */
export function directoryVolumeArgs({ place, name, size, path }: DirectoryVolume): PersistentVolumeArgs {
  return {
    metadata: { name, labels: { ...place.labels } },
    spec: {
      capacity: { storage: size },
      accessModes: ["ReadWriteOnce"],
      persistentVolumeReclaimPolicy: "Retain",
      storageClassName: "",
      volumeMode: "Filesystem",
      hostPath: { path, type: "Directory" },
      claimRef: {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        namespace: place.namespace,
        name: place.name,
      },
    },
  };
}

type Claim = {
  readonly place: StorePlace;
  readonly size: string;
  /** Of a directory; where there is none, the class makes a volume. */
  readonly volume?: Input<string>;
  readonly className?: string | undefined;
};

export function storeClaimArgs({ place, size, volume, className }: Claim): PersistentVolumeClaimArgs {
  return {
    metadata: metadataOf(place),
    spec: {
      accessModes: ["ReadWriteOnce"],
      volumeMode: "Filesystem",
      resources: { requests: { storage: size } },
      ...(className !== undefined && { storageClassName: className }),
      ...(volume !== undefined && { storageClassName: "", volumeName: volume }),
    },
  };
}

type Paths = {
  readonly place: StorePlace;
  /** Labels of the store's pods. */
  readonly pods: Labels;
  readonly port: number;
};

/** The namespace is closed in both directions: the store's end of the path… */
export function fromClientsArgs({ place, pods, port }: Paths, clients: readonly string[]): NetworkPolicyArgs {
  return {
    metadata: metadataOf(place),
    spec: {
      podSelector: { matchLabels: { ...pods } },
      policyTypes: ["Ingress"],
      ingress: [
        {
          ports: [{ protocol: "TCP", port }],
          from: clients.map((client) => ({ podSelector: { matchLabels: { [LABELS.component]: client } } })),
        },
      ],
    },
  };
}

/** …and the clients' end. */
export function toStoreArgs({ place, pods, port }: Paths, clients: readonly string[]): NetworkPolicyArgs {
  return {
    metadata: metadataOf(place),
    spec: {
      podSelector: {
        matchExpressions: [{ key: LABELS.component, operator: "In", values: [...clients] }],
      },
      policyTypes: ["Egress"],
      egress: [
        {
          ports: [{ protocol: "TCP", port }],
          to: [{ podSelector: { matchLabels: { ...pods } } }],
        },
      ],
    },
  };
}

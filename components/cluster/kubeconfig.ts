// kubeconfig of an EKS cluster: its tokens come from the caller's own AWS credentials, so it holds no secret.
import { type Input, jsonStringify, type Output } from "@pulumi/pulumi";

export type KubeconfigRefs = {
  readonly clusterName: Input<string>;
  readonly region: string;
  readonly endpoint: Input<string>;
  /** PEM in base64, as EKS gives it. */
  readonly certificateAuthority: Input<string>;
};

/** The file as JSON, which every client reads as YAML. Needs the `aws` command where it is used. */
export function kubeconfig(refs: KubeconfigRefs): Output<string> {
  const { clusterName, region, endpoint, certificateAuthority } = refs;
  return jsonStringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": clusterName,
    contexts: [{ name: clusterName, context: { cluster: clusterName, user: clusterName } }],
    clusters: [
      {
        name: clusterName,
        cluster: { server: endpoint, "certificate-authority-data": certificateAuthority },
      },
    ],
    users: [
      {
        name: clusterName,
        user: {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1beta1",
            command: "aws",
            args: ["eks", "get-token", "--cluster-name", clusterName, "--region", region],
            interactiveMode: "Never",
          },
        },
      },
    ],
  });
}

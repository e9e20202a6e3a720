// The kubeconfig that another stack's program gave out, read inside a program.
import { getOrganization, getProject, StackReference } from "@pulumi/pulumi";

/** Undefined where that stack made no cluster; the engine itself refuses a stack that does not exist. */
export async function readStackKubeconfig(stack: string): Promise<unknown> {
  const reference = new StackReference(stack, { name: `${getOrganization()}/${getProject()}/${stack}` });
  return (await reference.getOutputDetails("kubeconfig")).value;
}

// Kubernetes objects of which only the name is needed, by others that have to wait for them.
import {
  all,
  type CustomResourceOptions,
  type Input,
  type Output,
  output,
  type Resource,
} from "@pulumi/pulumi";

type Metadata = { readonly name?: Input<string | undefined> | undefined };
type NamedArgs = { readonly metadata?: Input<Metadata | undefined> | undefined };
type NamedObject = Resource & { readonly metadata: Output<{ readonly name: string }> };

/**
 * Creates an object; returns its name, known once it exists. The name is taken from the arguments where they have one:
 * an object's outputs are unknown in a preview whose cluster is still to be made, and with them would be all that
 * refers to it.
 */
export function named<Args extends NamedArgs>(
  Kind: new (name: string, args: Args, opts: CustomResourceOptions) => NamedObject,
  ...[name, args, opts]: [name: string, args: Args, opts: CustomResourceOptions]
): Output<string> {
  const object = new Kind(name, args, opts);
  return all([args.metadata, object.urn]).apply(([given]) =>
    given?.name === undefined ? object.metadata.name : output(given.name),
  );
}

// A Gateway object whose status can be read: the address that its controller has given it.
import { CustomResource, type CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/index.js";
import type { CustomResourceOptions, Output } from "@pulumi/pulumi";

type GatewayStatus = { readonly addresses?: readonly { readonly value: string }[] };

export class GatewayResource extends CustomResource {
  /** Absent where nothing has filled it. */
  declare readonly status: Output<GatewayStatus | undefined>;

  constructor(name: string, args: CustomResourceArgs, opts: CustomResourceOptions) {
    // The SDK makes an output of what it has been told of, were it only by an undefined input.
    super(name, { ...args, status: undefined }, opts);
  }

  /** The first address; waiting for `Programmed` makes sure that there is one. */
  get address(): Output<string> {
    return this.status.apply((status) => status?.addresses?.[0]?.value ?? "");
  }
}

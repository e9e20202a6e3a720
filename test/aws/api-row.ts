// The form of a row: how one type of planned resource is made by AWS's API and read back from it.

/** Properties of a planned resource, references resolved. */
export type Props = Readonly<Record<string, unknown>>;

export type Step = {
  /** Where it is not the row's. */
  readonly service?: string;
  /** As boto3 names it. */
  readonly call: string;
  /** Properties that this call carries. Left out: all that no other call carries. */
  readonly takes?: readonly string[];
  /** Property → parameter, where they are not the same word; dots go inside. */
  readonly as?: Readonly<Record<string, string>>;
  /** The parameter that holds everything taken which `as` does not place. */
  readonly into?: string;
  /** Further parameters; `$id`, `$tags` and `$property` stand for values of the resource. */
  readonly with?: Props;
  /** Properties that the call as such carries out. */
  readonly means?: readonly string[];
};

export type Read = {
  readonly call: string;
  /** A property named here counts as read back: under another value nothing would be found. */
  readonly by: Props;
  /** Where in the answer the resource is, e.g. `Vpcs.0`. */
  readonly at?: string;
  /** Name under which the answer is looked at. */
  readonly under?: string;
};

export type Row = {
  readonly service: string;
  readonly steps: readonly Step[] | ((props: Props) => readonly Step[]);
  readonly reads: readonly Read[];
  /** The property for the name, where the plan leaves it to Pulumi. */
  readonly named?: string;
  /** Where id and ARN are in the answers, or `$property`. */
  readonly id?: string;
  readonly arn?: string;
  /** Texts of the plan that stand for something of this resource → where it is in the answers. */
  readonly stands?: Readonly<Record<string, string>>;
  /** Property → where it is in what is read, if not under the name it is sent by. */
  readonly shows?: Readonly<Record<string, string>>;
  /** Properties that guide the provider and reach no call on creation. */
  readonly ours?: readonly string[];
  /** Properties that moto takes and does not show. */
  readonly hidden?: readonly string[];
};

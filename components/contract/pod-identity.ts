// Where pods of EKS get the credentials of their roles: the Pod Identity agent of their node.

/** Source: EKS User Guide, "Set up the Amazon EKS Pod Identity Agent". */
export const POD_IDENTITY_AGENT = { range: "169.254.170.23/32", port: 80 } as const;

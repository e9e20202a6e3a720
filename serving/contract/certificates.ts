// Certificates as settings carry them.
import { z } from "zod";

const PEM = /^\s*(-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+$/;

export const certificates = z.string().regex(PEM, "one or more certificates in PEM form");

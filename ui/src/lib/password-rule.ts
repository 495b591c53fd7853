import { z } from 'zod';

/** As the server's rule, so that most people see it before they send the form. */
export const passwordRule = z
  .string()
  .min(8, 'At least 8 characters')
  .refine((p) => new TextEncoder().encode(p).length <= 72, 'At most 72 bytes');

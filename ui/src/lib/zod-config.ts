import { config } from 'zod';

// The page's policy forbids code made from text, which zod would otherwise try when a schema is made. This module must be
// imported before any that makes one.
config({ jitless: true });

import { z } from 'zod';
import { idSchema } from '../../shared/core/id.ts';

/** The path parameter of everything that belongs to one run. */
export const ExecutionPath = z.strictObject({ id: idSchema('exec').describe('Id of the execution') });

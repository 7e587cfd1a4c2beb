/** Jest transform: TypeScript is erased in place, so stack positions and v8 coverage stay exact without source maps. */
import { stripTypeScriptTypes } from 'node:module';

const process = (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) });

export default { process };

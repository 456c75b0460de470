import { runTogether } from '../helpers/together.ts';

await runTogether(import.meta.dirname);

import { conformanceScript, testProvider } from '../src/conformance.ts';
import { scripted } from '../src/scripted.ts';

testProvider('scripted', () => scripted({ script: conformanceScript }));

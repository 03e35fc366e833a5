import { createRequire } from 'node:module';
import type * as RegexppModule from '@eslint-community/regexpp';
import type * as BabelModule from '@babel/parser';
import type * as XmlModule from 'fast-xml-parser';
import type * as IstanbulModule from 'istanbul-lib-coverage';
import type v8ToIstanbul from 'v8-to-istanbul';

const require = createRequire(import.meta.url);

// Each is loaded when it is first used: together they take several times as long as Node takes to start.
export const loadBabel = (): typeof BabelModule => require('@babel/parser') as typeof BabelModule;
export const loadXmlParser = (): typeof XmlModule => require('fast-xml-parser') as typeof XmlModule;
export const loadRegexpp = (): typeof RegexppModule => require('@eslint-community/regexpp') as typeof RegexppModule;
export const loadIstanbul = (): typeof IstanbulModule => require('istanbul-lib-coverage') as typeof IstanbulModule;
export const loadV8ToIstanbul = (): typeof v8ToIstanbul => require('v8-to-istanbul') as typeof v8ToIstanbul;

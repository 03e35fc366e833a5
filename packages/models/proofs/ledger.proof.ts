// Proves on real HTTP that no budget is exceeded and how the books relate to the bill:
//   node --conditions=@fw/source proofs/ledger.proof.ts [calls] [seeds]
import { proveLedger } from './prove-ledger.ts';

const [calls = '1000', seeds = '5'] = process.argv.slice(2);
for (let seed = 1; seed <= Number(seeds); seed += 1) {
  console.log(JSON.stringify(await proveLedger({ calls: Number(calls), seed })));
}

// Proves on real HTTP and with real kills that no budget is exceeded and how the books relate to the bill:
//   npm run proof -- ledger [calls] [seeds]
import { proveLedger } from './prove-ledger.ts';

const [calls = '1000', seeds = '20'] = process.argv.slice(2);
for (let seed = 1; seed <= Number(seeds); seed += 1) {
  const proof = await proveLedger({ calls: Number(calls), seed });
  console.log(JSON.stringify(proof));
  if (proof.overspentRuns + proof.wrongCalls + proof.outOfBounds > 0 || proof.exact === 0) process.exitCode = 1;
}

import type { ReactNode } from 'react';
import { Meter } from '@base-ui/react/meter';
import type { LimitUse } from '@fw/framework';
import { formatNumber } from '../format.ts';

const amountOf = (unit: LimitUse['unit'], value: number): string => (unit === 'nanoUsd' ? `$${(value / 1e9).toFixed(value > 0 && value < 1e7 ? 4 : 2)}` : `${formatNumber(value)}${unit === 'requests' ? ' requests' : ''}`);

export function LimitMeter({ use }: { readonly use: LimitUse }): ReactNode {
  const { name, unit, limit, used, window, isLeast } = use;
  const share = used / limit;
  return (
    <Meter.Root className="meter" value={Math.min(used, limit)} min={0} max={limit} aria-valuetext={`${amountOf(unit, used)} of ${amountOf(unit, limit)}`}>
      <div className="top"><Meter.Label>{name}</Meter.Label><span className="quiet">{isLeast ? 'at least ' : ''}{amountOf(unit, used)} of {amountOf(unit, limit)}{window === 'run' ? '' : ` in the busiest ${window}`}</span></div>
      <Meter.Track className="track"><Meter.Indicator className={`fill${share > 1 ? ' over' : share > 0.8 ? ' near' : ''}`} /></Meter.Track>
    </Meter.Root>
  );
}

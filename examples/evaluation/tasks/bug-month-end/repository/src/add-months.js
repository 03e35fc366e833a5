/** The date so many months later, as YYYY-MM-DD in UTC. */
export function addMonths(date, months) {
  const [year, month, day] = date.split('-').map(Number);
  return new Date(Date.UTC(year, month - 1 + months, day)).toISOString().slice(0, 10);
}

lsgd.define("benchmark", (chart, theme) => {
  const total = chart.functions.reduce((sum, entry) => sum + entry.cycles, 0);
  const share = (cycles) => `${((100 * cycles) / total).toFixed(1)} %`;
  const bars = chart.functions.map(({ name, cycles }) => ({
    name,
    label: `${name}  ${cycles.toLocaleString("en")}  ${share(cycles)}`,
    value: cycles,
    color: theme.accent,
  }));
  return lsgd.labelledBars(bars, "cycles", theme);
});

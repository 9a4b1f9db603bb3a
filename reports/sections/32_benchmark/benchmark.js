lsgd.define("benchmark", (chart, theme) => {
  const colors = {
    forward: theme.accent,
    activation: theme.second,
    delta: theme.third,
    update: theme.fourth,
  };
  const bars = chart.functions.map(({ name, phase, cycles }) => ({
    name,
    label: `${name}${phase ? `, ${phase}` : ""}  ${cycles.toLocaleString("en")}  ${((100 * cycles) / chart.cycles).toFixed(1)} %`,
    value: cycles,
    color: colors[phase] ?? theme.muted,
  }));
  return lsgd.labelledBars(bars, "cycles", theme);
});

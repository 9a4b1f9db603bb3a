lsgd.define("cost", (chart, theme) => {
  const ports = [...new Set(chart.bars.map((bar) => bar.port))];
  const colors = [theme.accent, theme.second, theme.third, theme.fourth];
  const bars = chart.bars.map((bar) => ({
    name: bar.name,
    label: `${bar.name}  ${bar.instructions.toLocaleString("en")}`,
    value: bar.instructions,
    color: colors[ports.indexOf(bar.port) % colors.length],
  }));
  return lsgd.labelledBars(bars, "instructions", theme);
});

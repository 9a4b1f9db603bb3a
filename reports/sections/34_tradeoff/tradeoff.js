lsgd.define("tradeoff", (chart, theme) => {
  const known = chart.points.filter((point) => point[chart.cost] !== null);
  const profiles = [...new Set(chart.points.map(({ profile }) => profile))];
  const colors = [theme.accent, theme.second, theme.third, theme.fourth];
  const shapes = ["circle", "rectRot", "triangle", "rect", "star", "crossRot", "cross"];
  const costs = known.map((point) => point[chart.cost]);
  const logarithmic = Math.max(...costs) > 20 * Math.min(...costs);
  return {
    type: "scatter",
    data: {
      datasets: profiles.map((profile, i) => ({
        label: profile,
        data: known.filter((point) => point.profile === profile)
          .map((point) => ({ x: point[chart.cost], y: 100 * point.accuracy, point })),
        radius: 5,
        clip: false,
        pointStyle: shapes[i % shapes.length],
        borderColor: colors[i % colors.length],
        backgroundColor: colors[i % colors.length] + "80",
      })),
    },
    options: {
      scales: {
        x: {
          type: logarithmic ? "logarithmic" : "linear",
          afterBuildTicks: logarithmic ? lsgd.keepRoundTicks : undefined,
          beginAtZero: true,
          min: logarithmic ? Math.min(...costs) / 1.2 : undefined,
          max: logarithmic ? Math.max(...costs) * 1.2 : undefined,
          grid: { color: theme.line },
          ticks: { maxRotation: 0, maxTicksLimit: 6, callback: (value) => lsgd.shortCount(value) },
        },
        y: { grace: "20%", grid: { color: theme.line }, ticks: { callback: (value) => `${Number(value.toFixed(1))} %` } },
      },
      plugins: {
        legend: { display: true, labels: { usePointStyle: true, boxWidth: 8, boxHeight: 6 } },
        tooltip: {
          callbacks: {
            label: ({ raw: { x, y, point } }) => `${point.name}: ${y.toFixed(1)} %, ${x.toLocaleString("en")}`,
          },
        },
      },
    },
  };
});

lsgd.define("statistics", (chart, theme) => {
  const shapes = {
    bias: { offset: -0.2, pointStyle: "circle", color: theme.accent },
    directed_bias: { offset: -0.07, pointStyle: "triangle", color: theme.second },
    update_bias: { offset: 0.06, pointStyle: "rectRot", color: theme.fourth },
    root_mean_square: { offset: 0.19, pointStyle: "rect", color: theme.third },
  };
  const edge = 1.6;
  const band = {
    id: "band",
    beforeDatasetsDraw({ ctx, scales: { x, y }, chartArea }) {
      ctx.save();
      ctx.fillStyle = theme.band;
      ctx.fillRect(x.getPixelForValue(-1), chartArea.top, x.getPixelForValue(1) - x.getPixelForValue(-1),
        chartArea.height);
      ctx.fillStyle = theme.muted;
      ctx.font = `11px ${theme.font}`;
      ctx.textBaseline = "bottom";
      chart.targets.forEach((target, line) =>
        ctx.fillText(target.name, chartArea.left + 4, y.getPixelForValue(line - 0.17), chartArea.width - 8));
      ctx.restore();
    },
  };
  const datasets = Object.entries(shapes).map(([name, shape]) => {
    const points = chart.targets.flatMap((target, line) =>
      target.points.filter((point) => point.name === name).map((point) => ({
        x: Math.max(-edge, Math.min(edge, point.position)),
        y: line + 0.16 + shape.offset,
        point,
      })));
    const color = points.map(({ point }) => (point.fails ? theme.fail : shape.color));
    return {
      data: points,
      pointStyle: shape.pointStyle,
      radius: points.map(({ point }) => (point.fails ? 5 : 3.5)),
      borderColor: color,
      backgroundColor: color.map((value, i) => (points[i].point.fails ? value : value + "66")),
    };
  });
  return {
    type: "scatter",
    data: { datasets },
    plugins: [band],
    options: {
      scales: {
        x: {
          min: -edge - 0.1,
          max: edge + 0.1,
          grid: { color: (tick) => ([-1, 0, 1].includes(tick.tick.value) ? theme.line : "transparent") },
          afterBuildTicks: (axis) => { axis.ticks = [-1, 0, 1].map((value) => ({ value })); },
          ticks: { maxRotation: 0, callback: (value) => ({ "-1": "lowest legal", 0: "middle", 1: "highest legal" })[value] },
        },
        y: { min: -0.6, max: chart.targets.length - 0.4, reverse: true, display: false },
      },
      plugins: {
        tooltip: {
          callbacks: {
            label: ({ raw: { point } }) =>
              `${point.case} ${point.tensor} ${point.name.replaceAll("_", " ")}: ${point.position.toPrecision(3)}`,
          },
        },
      },
    },
  };
});

// The page: header, controls, then results and graph beside workers, checkpoints and what happened.
import { JobGraph } from './graph/job-graph.tsx';
import { OwnFileDialog } from './own-file/own-file-dialog.tsx';
import { Checkpoints } from './panels/checkpoints.tsx';
import { Events } from './panels/events.tsx';
import { Header } from './panels/header.tsx';
import { HelpDialog } from './panels/help-dialog.tsx';
import { Transport } from './panels/transport.tsx';
import { Workers } from './panels/workers.tsx';
import { LiveChart } from './results/live-chart.tsx';
import { Ranking } from './results/ranking.tsx';
import { ResultTable } from './results/result-table.tsx';

export function App() {
  return (
    <>
      <a class="skip" href="#results">
        Skip to the results
      </a>
      <div class="top">
        <Header />
        <Transport />
      </div>
      <main class="page">
        <div class="column-main">
          <JobGraph />
          <div class="results" id="results" tabIndex={-1}>
            <LiveChart />
            <Ranking />
          </div>
          <ResultTable />
        </div>
        <div class="column-side">
          <Workers />
          <Events />
          <Checkpoints />
        </div>
      </main>
      <OwnFileDialog />
      <HelpDialog />
    </>
  );
}

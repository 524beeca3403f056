//! Growth: the same measurements at directory after directory and group after group.

use super::error::BenchError;
use super::options::Phase;
use super::runner::Runner;

impl Runner<'_> {
    /// Grows the directory through the sizes asked for and measures the reads at each; then the
    /// phases by group size.
    pub async fn grow(&mut self, phases: &[Phase]) -> Result<(), BenchError> {
        for size in ascending(&self.options.growth) {
            self.load(size).await?;
            for &phase in phases.iter().filter(|phase| phase.by_directory_size()) {
                self.phase(phase, None).await?;
            }
        }
        self.by_group_size(phases).await
    }

    /// Grows one group through the sizes asked for and measures the phases of groups at each.
    pub async fn by_group_size(&mut self, phases: &[Phase]) -> Result<(), BenchError> {
        let phases: Vec<_> = phases
            .iter()
            .filter(|phase| phase.by_group_size())
            .collect();
        if phases.is_empty() {
            return Ok(());
        }
        let mut group = self.new_group().await?;
        for size in ascending(&self.options.group_sizes) {
            // Each worker has a user of its own to put in and take out.
            let spare = u64::try_from(self.options.connections()).unwrap_or(u64::MAX);
            self.users(size.saturating_add(spare)).await?;
            self.fill(&mut group, size).await?;
            for &&phase in &phases {
                self.phase(phase, Some(&group)).await?;
            }
        }
        Ok(())
    }
}

fn ascending(sizes: &[u64]) -> Vec<u64> {
    let mut sizes = sizes.to_vec();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

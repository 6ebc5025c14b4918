//! What the reader brings along. Nothing of it is taken from the thing that is checked.

use witnessmark_timestamp::opentimestamps::{BlockHeaders, HeadersFault};
use witnessmark_timestamp::{Certificate, Fault};

/// Whom and what the reader chose to believe about time.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    pub(crate) time_roots: Vec<Certificate>,
    pub(crate) block_headers: BlockHeaders,
}

impl Trust {
    /// The block headers that the reader takes for Bitcoin's.
    pub fn block_headers(&self) -> &BlockHeaders {
        &self.block_headers
    }

    /// Believes time-stamp authorities whose certificates lead to those of this file: one in DER, or any number in PEM.
    /// Returns whom it believes now.
    pub fn believe_time_roots(&mut self, file: &[u8]) -> Result<Vec<String>, Fault> {
        let roots = Certificate::read_all(file)?;
        let names = roots.iter().map(Certificate::subject).collect();
        self.time_roots.extend(roots);
        Ok(names)
    }

    /// Takes the block headers of this file for those of Bitcoin. Returns how many there are.
    pub fn believe_block_headers(&mut self, file: &[u8]) -> Result<usize, HeadersFault> {
        self.block_headers = BlockHeaders::read(file)?;
        Ok(self.block_headers.len())
    }
}

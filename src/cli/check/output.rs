//! How findings are written, and where to.

use std::io::{self, Write};

use adapter_spec::report::{self, concise::Concise, full::Full, json::Json};

/// Arguments about the output.
#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// How findings are written.
    #[arg(long, value_enum, default_value_t = OutputFormat::Full, value_name = "FORMAT")]
    pub(super) output_format: OutputFormat,
}

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum OutputFormat {
    /// Frames with the text at fault.
    Full,
    /// One line a finding.
    Concise,
    /// One JSON text, described by `schemas/diagnostics.json`.
    Json,
}

impl OutputFormat {
    /// Whether it is for people, who are told more on standard error.
    pub(super) fn is_prose(self) -> bool {
        matches!(self, Self::Full | Self::Concise)
    }

    fn writer(self, styled: bool) -> Box<dyn report::Format> {
        match self {
            Self::Full => Box::new(Full::new(styled)),
            Self::Concise => Box::new(Concise),
            Self::Json => Box::new(Json),
        }
    }
}

impl OutputArgs {
    /// The format, and where it goes to.
    pub(super) fn open(&self) -> (Box<dyn report::Format>, Output) {
        let out = io::stdout().lock();
        let styled = anstream::AutoStream::choice(&out) != anstream::ColorChoice::Never;
        let to: Box<dyn Write> = if styled { Box::new(anstream::stdout().lock()) } else { Box::new(out) };
        (self.output_format.writer(styled), Output { to: io::BufWriter::new(to), separator: "" })
    }
}

/// Where the findings go to.
pub(super) struct Output {
    to: io::BufWriter<Box<dyn Write>>,
    separator: &'static str,
}

impl Output {
    pub(super) fn head(&mut self, format: &dyn report::Format) -> io::Result<()> {
        format.head(&mut self.to)
    }

    /// Adds the piece of a file.
    pub(super) fn piece(&mut self, format: &dyn report::Format, piece: &[u8]) -> io::Result<()> {
        if piece.is_empty() {
            return Ok(());
        }
        self.to.write_all(self.separator.as_bytes())?;
        self.separator = format.separator();
        self.to.write_all(piece)
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }

    pub(super) fn finish(mut self, format: &dyn report::Format, totals: &report::Totals) -> io::Result<()> {
        format.tail(totals, &mut self.to)?;
        self.to.flush()
    }
}

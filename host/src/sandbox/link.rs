#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct LinkError;
impl LinkError {
    pub fn help(&self) -> String {
        String::new()
    }
}

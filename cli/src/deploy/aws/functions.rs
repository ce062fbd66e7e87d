//! Asks what is deployed whether it works: the API from outside, a function past the API.

use super::super::ports::{Call, Invocation, Probe};
use super::clients::Aws;
use super::failure::Asked;
use super::http;
use aws_sdk_lambda::primitives::Blob;

impl Probe for Aws {
    async fn get_status(&self, url: &str) -> Call<u16> {
        http::get_status(url, self.settings.endpoint_url.as_deref()).await
    }

    async fn invoke(&self, function: &str, payload: Vec<u8>) -> Call<Invocation> {
        let asked = Asked { action: "lambda:InvokeFunction", resource: function };
        let request = self.lambda.invoke().function_name(function).payload(Blob::new(payload));
        let answer = request.send().await.map_err(|error| self.fail(asked, error))?;
        Ok(Invocation {
            error: answer.function_error().map(str::to_owned),
            body: answer.payload.map(Blob::into_inner).unwrap_or_default(),
        })
    }
}

"""The homework's own cells of Part 1, as literally as the printed text allows.

The notebook's PDF cuts every line at the right margin; what had to be supplied is marked `# …` with
the words taken to stand there. `input_text` may also be ids [1, T] here: the only liberty taken.
"""

import torch

tokenizer = None  # the notebook's global, read by BeamBlock


def init_beam_search(model, input_ids, num_beams):
    assert len(input_ids.shape) == 2
    beam_scores = torch.zeros(num_beams, dtype=torch.float32, device=model.device)
    beam_scores[1:] = -1e9 # Break ties in first round.
    new_input_ids = input_ids.repeat_interleave(num_beams, dim=0).to(model.device)
    return new_input_ids, beam_scores

def run_beam_search_(model, tokenizer, input_text, num_beams=5, num_decode_steps=10, score_processors=[], to_cpu=True): # … , score_processors=[], to_cpu=True

    input_ids = tokenizer.encode(input_text, return_tensors='pt') if isinstance(input_text, str) else input_text
    input_ids, beam_scores = init_beam_search(model, input_ids, num_beams)
    token_scores = beam_scores.clone().view(num_beams, 1)

    model_kwargs = {}
    for i in range(num_decode_steps):
        model_inputs = model.prepare_inputs_for_generation(input_ids, **model_kwargs) # … (comment)
        outputs = model(**model_inputs, return_dict=True)
        next_token_logits = outputs.logits[:, -1, :]
        vocab_size = next_token_logits.shape[-1]
        this_token_scores = torch.log_softmax(next_token_logits, -1)

        # Process token scores.
        processed_token_scores = this_token_scores
        for processor in score_processors:
            processed_token_scores = processor(input_ids, processed_token_scores)

        # Update beam scores.
        next_token_scores = processed_token_scores + beam_scores.unsqueeze(-1)
        next_token_scores = next_token_scores.view(num_beams * vocab_size)
        if watch is not None:
            watch(next_token_scores, num_beams)

        # Find top-scoring beams.
        next_token_scores, next_tokens = torch.topk(
            next_token_scores, num_beams, dim=0, largest=True, sorted=True
        )

        # Transform tokens since we reshaped earlier.
        next_indices = torch.div(next_tokens, vocab_size, rounding_mode="floor") # … (comment)
        next_tokens = next_tokens % vocab_size

        # Update tokens and beam scores.
        input_ids = torch.cat([input_ids[next_indices, :], next_tokens.unsqueeze(-1)], dim=-1) # … dim=-1)
        beam_scores = next_token_scores

        # UNCOMMENT: To use original scores instead.
        # token_scores = torch.cat([token_scores[next_indices, :], this_token_scores[next_indices, next_tokens].unsqueeze(-1)], dim=-1)
        token_scores = torch.cat([token_scores[next_indices, :], processed_token_scores[next_indices, next_tokens].unsqueeze(-1)], dim=-1) # … next_indices, next_tokens].unsqueeze(-1)], dim=-1)

        # Update hidden state.
        model_kwargs = model._update_model_kwargs_for_generation(outputs, model_kwargs, is_encoder_decoder=False) # … is_encoder_decoder=False)
        model_kwargs["past"] = model._reorder_cache(model_kwargs["past"], next_indices)

    def transfer(x):
        return x.cpu() if to_cpu else x

    return {
        "output_ids": transfer(input_ids),
        "beam_scores": transfer(beam_scores),
        "token_scores": transfer(token_scores)
    }


def run_beam_search(*args, **kwargs):
    with torch.inference_mode():
        return run_beam_search_(*args, **kwargs) # the PDF lost the underscore of the inner name


# Not the notebook's: a recorder may look at every step's candidates (to refuse ties within noise).
watch = None


class WordBlock:
    def __call__(self, input_ids, scores):
        for batch_idx in range(input_ids.shape[0]):
            for x in input_ids[batch_idx].tolist():
                scores[batch_idx, x] = -1e9
        return scores


class BeamBlock:
    def __call__(self, input_ids, scores):
        for batch_idx in range(input_ids.shape[0]):
            # WRITE YOUR CODE HERE!
            trigram = []
            for x in input_ids[batch_idx].tolist():
                trigram.append(x)
                if len(trigram) > 3:
                    trigram.pop(0)
                if len(trigram) == 3 and torch.equal(torch.tensor(trigram[:-1]), input_ids[batch_idx, -2:]): # … put_ids[batch_idx, -2:]):
                    print("Preventing: ", tokenizer.decode(input_ids[batch_idx, -2:]), '->', tokenizer.decode(x)) # … ->', tokenizer.decode(x))
                    scores[batch_idx, x] = -1e9
        return scores
